"""What she decides about her own record: kept through a withdrawal, held against every read that starts after the answer."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from uuid import UUID

import asyncpg
import pytest

from helsekort.access.act import Action
from helsekort.access.wishes import NO_WISHES, Wish, Wishes, WishKind
from helsekort.basics.ids import new_id
from helsekort.basics.refusal import Kind, Refused
from helsekort.ledger.ledger import Ledger
from helsekort.ledger.rotation import rotate
from helsekort.ledger.sealing import KEY_BYTES, Keyring
from helsekort.ledger.view import Judge, Judgement, Query, View, Wants
from tests.contract.door_acts import LIFTED, act, card, emergency, wish
from tests.contract.ledger_acts import (
    consent,
    create,
    entry,
    log,
    meet,
    permit,
    read,
    refuse,
    status,
    withdraw,
    write,
)
from tests.flow.v1_service import ACTORS, Service, service_on

HPR = ACTORS["gp"].hpr_number
BLOCK = Wish(WishKind.BLOCK_PRACTITIONER, on=True, target=HPR)


@pytest.fixture
async def owner(database_url: str) -> AsyncIterator[asyncpg.Connection]:
    """A session of the database's owner."""
    connection = await asyncpg.connect(database_url)
    yield connection
    await connection.close()


@pytest.fixture
async def service(ledger: Ledger) -> Service:
    """The contract with Anne, who has consented."""
    found = service_on(ledger)
    await found.consent()
    return found


@pytest.fixture
async def record(service: Service) -> UUID:
    """Anne's record, with her history, two visits and a height in it."""
    gp = service.client("gp")
    made = await gp.record({"mother": {"smokingBeforePregnancy": None}})
    for day in ("2026-03-02", "2026-04-02"):
        await gp.ok("POST", f"/record/{made}/antenatalAppointments", {"appointmentDate": day}, status=201)
    return UUID(made)


async def set_wish(ledger: Ledger, woman: object, made: Wish, judge: Judge | None = None) -> None:
    """A decision, straight at the ledger."""
    await ledger.set_wish(Query(woman, None, Wants.STATUS), judge or permit("set-wish"), made)  # type: ignore[arg-type]


class TestKept:
    """Straight at the ledger."""

    async def test_a_wish_is_known_to_the_next_judge_and_can_be_taken_back(self, ledger: Ledger) -> None:
        woman, other = await meet(ledger), await meet(ledger)
        assert (await status(ledger, woman)).person.wishes == NO_WISHES
        await set_wish(ledger, woman, BLOCK)
        await set_wish(ledger, woman, Wish(WishKind.NOTICE, on=True))
        blocked = frozenset({HPR})
        assert (await status(ledger, woman)).person.wishes == Wishes(
            blocked_practitioners=blocked, notice=True
        )
        assert (await status(ledger, other)).person.wishes == NO_WISHES
        await set_wish(ledger, woman, Wish(WishKind.NOTICE, on=False))
        assert (await status(ledger, woman)).person.wishes == Wishes(blocked_practitioners=blocked)
        assert [row.action for row in await log(ledger, woman)].count("set-wish") == 3

    async def test_it_outlives_a_withdrawal_and_a_new_consent(self, ledger: Ledger) -> None:
        woman = await meet(ledger)
        await create(ledger, woman, {"mother": b"m"})
        await set_wish(ledger, woman, BLOCK)
        await withdraw(ledger, woman)
        assert (await status(ledger, woman)).person.wishes.blocked_practitioners == {HPR}
        await consent(ledger, woman)
        assert (await status(ledger, woman)).person.wishes.blocked_practitioners == {HPR}

    async def test_what_is_refused_is_written_down_and_not_stored(
        self, ledger: Ledger, owner: asyncpg.Connection
    ) -> None:
        woman = await meet(ledger)
        with pytest.raises(Refused):
            await set_wish(ledger, woman, BLOCK, refuse())
        assert (await status(ledger, woman)).person.wishes == NO_WISHES
        assert not (await log(ledger, woman))[1].permitted
        assert await owner.fetchval("SELECT count(*) FROM wish") == 0

    async def test_no_wish_without_its_audit_row(self, ledger: Ledger, owner: asyncpg.Connection) -> None:
        woman = await meet(ledger)
        await owner.execute("REVOKE INSERT ON audit FROM helsekort_app")
        with pytest.raises(Refused) as refused:
            await set_wish(ledger, woman, BLOCK)
        assert refused.value.kind is Kind.DATABASE
        await owner.execute("GRANT INSERT ON audit TO helsekort_app")
        assert (await status(ledger, woman)).person.wishes == NO_WISHES

    async def test_many_at_once_are_all_kept(self, ledger: Ledger) -> None:
        woman = await meet(ledger)
        numbers = [str(number) for number in range(100000000, 100000020)]
        made = [Wish(WishKind.BLOCK_PRACTITIONER, on=True, target=number) for number in numbers]
        await asyncio.gather(*(set_wish(ledger, woman, each) for each in made))
        assert (await status(ledger, woman)).person.wishes.blocked_practitioners == set(numbers)

    async def test_another_womans_wishes_in_her_row_close_her_record_and_no_other(
        self, ledger: Ledger, owner: asyncpg.Connection
    ) -> None:
        woman, other = await meet(ledger), await meet(ledger)
        record, others = await create(ledger, woman, {"m": b"m"}), await create(ledger, other, {"m": b"o"})
        await set_wish(ledger, woman, BLOCK)
        await set_wish(ledger, other, Wish(WishKind.NOTICE, on=True))
        await owner.execute(
            "UPDATE wishes SET sealed = (SELECT sealed FROM wishes w WHERE w.person <> wishes.person) WHERE person ="
            " (SELECT person FROM record WHERE record = $1)",
            record,
        )
        both = [(woman, record), (other, others)] * 4
        answers = await asyncio.gather(*(read(ledger, *each) for each in both), return_exceptions=True)
        for (whose, _), answer in zip(both, answers, strict=True):
            if whose is woman:
                assert isinstance(answer, Refused)
                assert answer.kind is Kind.TECHNICAL
            else:
                assert isinstance(answer, View)
                assert answer.parts == {"m": b"o"}
        writes = [write(ledger, woman, record, {"m": b"x"}), write(ledger, other, others, {"m": b"y"})]
        refused, stored = await asyncio.gather(*writes, return_exceptions=True)
        assert isinstance(refused, Refused)
        assert refused.kind is Kind.TECHNICAL
        assert not isinstance(stored, BaseException)
        with pytest.raises(Refused):
            await set_wish(ledger, woman, BLOCK)

    async def test_they_move_to_a_new_key(self, database_url: str, owner: asyncpg.Connection) -> None:
        nin, old, new = b"n" * KEY_BYTES, b"k" * KEY_BYTES, b"2" * KEY_BYTES
        first = Keyring(nin_key=nin, key_encryption_keys={1: old})
        ledger = await Ledger.open(database_url, first, new_id=new_id)
        woman = await meet(ledger)
        await set_wish(ledger, woman, BLOCK)
        line = (await log(ledger, woman))[0].id
        query = Query(woman, None, Wants.STATUS)
        for text in ("Hvem var dette?", "Og igjen"):
            await ledger.report(query, permit("report-lookup"), line=line, text=text)
        [report, _] = await ledger.reports("")
        await ledger.answer_report("", report.id, at=report.at, text="Vikar")
        await ledger.close()
        both = Keyring(nin_key=nin, key_encryption_keys={1: old, 2: new})
        assert await rotate(owner, both) == 7  # data key, number, wishes, wish, two reports, an answer
        assert await rotate(owner, both) == 0
        alone = Keyring(nin_key=nin, key_encryption_keys={2: new})
        ledger = await Ledger.open(database_url, alone, new_id=new_id)
        assert (await status(ledger, woman)).person.wishes.blocked_practitioners == {HPR}
        assert [(each.text, each.answer) for each in await ledger.reports("")] == [
            ("Og igjen", "Vikar"),
            ("Hvem var dette?", ""),
        ]
        await ledger.close()


class TestAlso:
    """What a judgement asks for beside what the read wants."""

    @staticmethod
    def with_commits(_view: View) -> Judgement:
        """A judge that needs the commits."""
        return Judgement(entry(), None, also=Wants.COMMITS)

    async def test_the_commits_come_from_the_same_moment_as_the_state(self, ledger: Ledger) -> None:
        woman = await meet(ledger)
        record = await create(ledger, woman, {"n": b"0"})

        async def reader() -> None:
            for _ in range(40):
                view = await ledger.read(Query(woman, record, Wants.CARD), self.with_commits)
                assert view.record is not None
                assert [commit.t for commit in view.commits] == list(range(1, view.record.t + 1))
                assert view.commits[-1].segments["record"] == view.card["record"]

        async def writer() -> None:
            for number in range(40):
                await write(ledger, woman, record, {"n": b"%d" % number})

        await asyncio.gather(writer(), *(reader() for _ in range(4)))

    async def test_of_the_latest_record_where_none_is_named(self, ledger: Ledger) -> None:
        woman, none_yet = await meet(ledger), await meet(ledger)
        first = await create(ledger, woman, {"n": b"1"})
        await write(ledger, woman, first, {}, active=False)
        await create(ledger, woman, {"n": b"2"})
        view = await ledger.read(Query(woman, None, Wants.STATUS), self.with_commits)
        assert [commit.parts for commit in view.commits] == [{"n": b"2"}]
        assert (await ledger.read(Query(none_yet, None, Wants.STATUS), self.with_commits)).commits == ()

    async def test_each_of_a_group_gets_its_own_and_one_audit_row(self, ledger: Ledger) -> None:
        women = [await meet(ledger) for _ in range(6)]
        records = [await create(ledger, woman, {"n": b"%d" % n}) for n, woman in enumerate(women)]
        both: list[Judge] = [self.with_commits, permit()]
        reads = [
            ledger.read(Query(woman, record, Wants.PARTS), both[n % 2])
            for n, (woman, record) in enumerate(zip(women, records, strict=True))
        ]
        for n, view in enumerate(await asyncio.gather(*reads)):
            assert view.parts == {"n": b"%d" % n}
            assert len(view.commits) == (n + 1) % 2
        for woman in women:
            assert [row.action for row in await log(ledger, woman)].count("read-record") == 1


class TestAtTheDoor:
    """With the real guards, and the contract's real card."""

    @pytest.mark.parametrize(
        "made",
        [
            Wish(WishKind.BLOCK_PRACTITIONER, on=True, target=HPR),
            Wish(WishKind.BLOCK_ORGANISATION, on=True, target="974589095"),
            Wish(WishKind.OPT_OUT, on=True),
        ],
        ids=lambda made: made.kind.value,
    )
    async def test_no_read_that_starts_after_the_answer_returns_a_byte(
        self, service: Service, record: UUID, made: Wish
    ) -> None:
        async def attempt() -> bool:
            [seen] = await asyncio.gather(card(service, "gp", record), return_exceptions=True)
            if isinstance(seen, View):
                return bool(seen.card)
            assert isinstance(seen, Refused)
            assert seen.kind in {Kind.BLOCKED, Kind.OPTED_OUT}
            return False

        async def decide() -> None:
            await wish(service, made.kind, made.target)

        await before_and_after(attempt, decide)

    async def test_nor_a_byte_of_the_part_that_is_blocked(self, service: Service, record: UUID) -> None:
        async def attempt() -> bool:
            seen = await card(service, "gp", record)
            assert any(key.startswith("antenatalAppointments/") for key in seen.card)
            assert ("mother" in seen.parts) is ("mother" in seen.card) is not seen.something_hidden
            return "mother" in seen.card

        async def decide() -> None:
            await wish(service, WishKind.BLOCK_SECTION, "mother")

        await before_and_after(attempt, decide)

    async def test_a_blocked_part_is_hidden_from_clinicians_and_not_from_her(
        self, service: Service, record: UUID
    ) -> None:
        before = await card(service, "hospital", record)
        await wish(service, WishKind.BLOCK_SECTION, "antenatalAppointments")
        seen = await card(service, "hospital", record)
        assert seen.something_hidden
        assert {"mother", "record"} == seen.card.keys()
        assert before.record is not None
        assert seen.record is not None
        assert (before.record.t, seen.record.t) == (3, 1)
        hers = await card(service, "anne", record)
        assert (hers.card, hers.something_hidden) == (before.card, False)
        for opened in (emergency(), LIFTED):
            assert (await card(service, "hospital", record, **opened)).card == before.card

    @pytest.mark.usefixtures("record")
    async def test_status_does_not_tell_when_the_hidden_changed(self, service: Service) -> None:
        asked = act("machine", Action.READ_STATUS)
        before = (await service.door.read(asked, Wants.STATUS)).person.last_changed
        await wish(service, WishKind.BLOCK_SECTION, "antenatalAppointments")
        after = (await service.door.read(asked, Wants.STATUS)).person.last_changed
        assert before is not None
        assert after is not None
        assert after < before

    async def test_a_write_beside_a_blocked_part_leaves_it_and_stores_no_mark(
        self, service: Service, record: UUID
    ) -> None:
        await wish(service, WishKind.BLOCK_SECTION, "mother")
        gp, day = service.client("gp"), {"appointmentDate": "2026-05-02"}
        await gp.ok("POST", f"/record/{record}/antenatalAppointments", day, status=201)
        await gp.refused(Kind.BLOCKED, "POST", f"/record/{record}/mother", {})
        hers = await card(service, "anne", record)
        assert "mother" in hers.card
        assert b"omethingHidden" not in b"".join(hers.card.values())
        assert hers.record is not None
        assert hers.record.t == 4

    async def test_a_named_block_holds_in_an_emergency_and_after_withdrawal(
        self, service: Service, record: UUID
    ) -> None:
        await wish(service, WishKind.BLOCK_PRACTITIONER, HPR)
        for opened in (emergency(), LIFTED):
            with pytest.raises(Refused) as refused:
                await card(service, "gp", record, **opened)
            assert refused.value.kind is Kind.BLOCKED
        await service.door.withdraw_consent(act("anne", Action.WITHDRAW_CONSENT))
        await service.consent()
        made = UUID(await service.client("hospital").record())
        with pytest.raises(Refused):
            await card(service, "gp", made)

    async def test_only_she_decides(self, service: Service, record: UUID) -> None:
        with pytest.raises(Refused) as refused:
            await service.door.set_wish(act("gp", Action.SET_WISH), BLOCK)
        assert refused.value.kind is Kind.INVALID_USER
        assert (await card(service, "gp", record)).card

    async def test_somebody_met_for_the_first_time_can_decide(self, ledger: Ledger) -> None:
        service = service_on(ledger)
        await wish(service, WishKind.OPT_OUT)
        await service.client("gp").refused(Kind.OPTED_OUT, "POST", "/record", {})


async def before_and_after(
    attempt: Callable[[], Awaitable[bool]], decide: Callable[[], Awaitable[None]]
) -> None:
    """Forty readers before, during and after a decision: those that start after its answer must see nothing."""
    decided, seen_before, after = False, 0, 0
    many_before = asyncio.Event()

    async def reader() -> None:
        nonlocal seen_before, after
        while after < 200:
            started_after = decided
            seen = await attempt()
            if started_after:
                assert not seen
                after += 1
            else:
                seen_before += seen
                if seen_before > 60:
                    many_before.set()

    readers = [asyncio.create_task(reader()) for _ in range(40)]
    await many_before.wait()
    await decide()
    decided = True
    await asyncio.gather(*readers)
