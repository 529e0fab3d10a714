"""Who is who: changed numbers, two found to be one, and what the person register tells in the middle of a pregnancy."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from uuid import UUID

import asyncpg
import pytest

from helsekort.access.act import Action
from helsekort.access.wishes import WishKind
from helsekort.basics.nin import NationalIdentityNumber
from helsekort.basics.refusal import Kind, Refused
from helsekort.ledger.ledger import Ledger
from helsekort.ledger.persons import NumberTaken
from helsekort.ledger.view import View, Wants
from tests.contract.door_acts import act, card, wish
from tests.contract.ledger_acts import a_woman, create, log, meet, read, status, withdraw, write
from tests.flow.v1_service import ACTORS, ANNE, BERIT, service_on

NOW = datetime(2026, 3, 2, tzinfo=UTC)
HPR = ACTORS["gp"].hpr_number


async def merge(ledger: Ledger, gone: NationalIdentityNumber, stays: NationalIdentityNumber) -> bool:
    """The register has found that the two are one."""
    return await ledger.merge(gone, stays, at=NOW)


class TestChangedNumbers:
    """A new number for somebody who is known."""

    async def test_both_numbers_are_hers(self, ledger: Ledger) -> None:
        woman, new = await meet(ledger), a_woman()
        record = await create(ledger, woman, {"m": b"m"})
        assert await ledger.add_number(woman, new)
        assert (await read(ledger, new, record)).parts == {"m": b"m"}
        await write(ledger, new, record, {"m": b"m2"})
        assert (await read(ledger, woman, record)).parts == {"m": b"m2"}
        assert await log(ledger, woman) != ()
        assert (await status(ledger, new)).person == (await status(ledger, woman)).person

    async def test_told_twice_is_harmless(self, ledger: Ledger) -> None:
        woman, new = await meet(ledger), a_woman()
        assert await ledger.add_number(woman, new)
        assert await ledger.add_number(woman, new)
        await ledger.add_person(new, deceased=False, confidential=False)
        assert (await status(ledger, new)).person == (await status(ledger, woman)).person

    async def test_nobody_is_made_of_a_number_that_is_not_known(self, ledger: Ledger) -> None:
        assert not await ledger.add_number(a_woman(), a_woman())

    async def test_a_number_in_use_is_not_given_away(self, ledger: Ledger) -> None:
        woman, other = await meet(ledger), await meet(ledger)
        record = await create(ledger, other, {"m": b"o"})
        with pytest.raises(NumberTaken):
            await ledger.add_number(woman, other)
        assert (await read(ledger, other, record)).parts == {"m": b"o"}
        assert (await read(ledger, woman, record)).record is None


class TestMerges:
    """Two persons who are one."""

    async def test_no_leak_either_way(self, ledger: Ledger) -> None:
        """As in HAPI FHIR's issue 1777, where a merged patient's resources could still be reached by the old id."""
        gone, stays = await meet(ledger), await meet(ledger)
        old, new = await create(ledger, gone, {"m": b"old"}), await create(ledger, stays, {"m": b"new"})
        assert await merge(ledger, gone, stays)
        for number in (gone, stays):
            assert (await read(ledger, number, new)).parts == {"m": b"new"}
            view = await read(ledger, number, old, Wants.CARD | Wants.PARTS | Wants.RECORDS | Wants.COMMITS)
            assert (view.record, view.card, view.parts, view.commits) == (None, {}, {}, ())
            assert [each.state.record for each in view.records] == [new]
            assert view.person.latest_record == view.person.active_record == new
            with pytest.raises(Refused) as refused:
                await write(ledger, number, old, {"m": b"x"})
            assert refused.value.kind is Kind.UNKNOWN_RECORD

    async def test_the_log_shows_both_chains(self, ledger: Ledger) -> None:
        gone, stays = await meet(ledger), await meet(ledger)
        await create(ledger, gone, {})
        await create(ledger, stays, {})
        await merge(ledger, gone, stays)
        chain = await log(ledger, stays)
        assert [row.action for row in chain].count("create-record") == 2
        assert list(chain) == sorted(chain, key=lambda row: row.id, reverse=True)
        assert len(await log(ledger, gone)) == len(chain) + 1

    async def test_the_one_who_stays_decides_consent(self, ledger: Ledger) -> None:
        gone, stays = await meet(ledger), await meet(ledger, consented=False)
        old = await create(ledger, gone, {"m": b"old"})
        await merge(ledger, gone, stays)
        with pytest.raises(Refused) as refused:
            await read(ledger, gone, old)
        assert refused.value.kind is Kind.NO_CONSENT

    async def test_a_withdrawal_reaches_what_the_other_number_had(
        self, ledger: Ledger, database_url: str
    ) -> None:
        gone, stays = await meet(ledger), await meet(ledger)
        await create(ledger, gone, {"m": b"old"})
        await create(ledger, stays, {"m": b"new"})
        await merge(ledger, gone, stays)
        await withdraw(ledger, stays)
        owner = await asyncpg.connect(database_url)
        for table in ("card", "part", "commit", "record", "data_key"):
            assert await owner.fetchval(f"SELECT count(*) FROM {table}") == 0  # noqa: S608 - a name above
        assert await owner.fetchval("SELECT count(*) FROM outbox WHERE kind = 'erased'") == 4
        await owner.close()

    async def test_one_after_the_other(self, ledger: Ledger) -> None:
        first, second, third = [await meet(ledger) for _ in range(3)]
        for woman in (first, second, third):
            await create(ledger, woman, {})
        await merge(ledger, first, second)
        await merge(ledger, second, third)
        assert (await status(ledger, first)).person == (await status(ledger, third)).person
        assert [row.action for row in await log(ledger, third)].count("create-record") == 3
        assert await merge(ledger, third, first)  # they are one already
        assert (await status(ledger, second)).person == (await status(ledger, third)).person

    async def test_a_number_merged_away_is_not_used_again(self, ledger: Ledger) -> None:
        gone, stays, other = [await meet(ledger) for _ in range(3)]
        await merge(ledger, gone, stays)
        with pytest.raises(NumberTaken):
            await ledger.add_number(other, gone)
        await ledger.add_person(gone, deceased=False, confidential=False)
        assert (await status(ledger, gone)).person == (await status(ledger, stays)).person

    async def test_where_only_one_is_known_the_other_number_becomes_hers(self, ledger: Ledger) -> None:
        woman, unknown, stranger = await meet(ledger), a_woman(), a_woman()
        assert await merge(ledger, unknown, woman)
        assert await merge(ledger, woman, stranger)
        person = (await status(ledger, woman)).person
        assert person == (await status(ledger, unknown)).person == (await status(ledger, stranger)).person
        assert not await merge(ledger, a_woman(), a_woman())

    async def test_writes_under_way_are_before_or_after(self, ledger: Ledger, database_url: str) -> None:
        gone, stays = await meet(ledger), await meet(ledger)
        old, new = await create(ledger, gone, {"n": b""}), await create(ledger, stays, {"n": b""})
        answers = await asyncio.gather(
            *(write(ledger, gone, old, {"n": b"%d" % n}) for n in range(15)),
            *(write(ledger, stays, new, {"n": b"%d" % n}) for n in range(15)),
            merge(ledger, gone, stays),
            *(write(ledger, stays, new, {"n": b"%d" % n}) for n in range(15)),
            *(write(ledger, gone, new, {"n": b"%d" % n}) for n in range(15)),
            return_exceptions=True,
        )
        stored = [answer for answer in answers if not isinstance(answer, BaseException)]
        assert all(isinstance(each, Refused) for each in answers if isinstance(each, BaseException))
        rebuilt = await ledger.rebuild()
        assert (rebuilt.checked, rebuilt.repaired, rebuilt.damaged) == (2, [], [])
        owner = await asyncpg.connect(database_url)
        assert await owner.fetchval("SELECT count(*) FROM commit") == len(stored) - 1 + 2
        await owner.close()

    async def test_her_blocks_under_either_number_hold(self, ledger: Ledger) -> None:
        service = service_on(ledger)
        for woman in (ANNE, BERIT):
            await service.consent(woman)
        record = UUID(await service.client("gp", BERIT).record())
        await wish(service, WishKind.BLOCK_PRACTITIONER, HPR)
        await wish(service, WishKind.BLOCK_SECTION, "mother", patient=BERIT)
        await merge(ledger, ANNE, BERIT)
        wishes = (await status(ledger, BERIT)).person.wishes
        assert wishes.blocked_practitioners == {HPR}
        assert wishes.blocked_sections == {"mother"}
        for number in (ANNE, BERIT):
            with pytest.raises(Refused) as refused:
                await card(service, "gp", record, patient=number)
            assert refused.value.kind is Kind.BLOCKED

    async def test_a_protected_address_of_either_protects(self, ledger: Ledger) -> None:
        gone, stays = await meet(ledger), await meet(ledger)
        await ledger.update_person(gone, deceased=False, confidential=True)
        await merge(ledger, gone, stays)
        assert (await status(ledger, stays)).person.confidential_address

    async def test_what_is_stored_of_her_can_be_reported_under_the_number_that_stays(
        self, ledger: Ledger
    ) -> None:
        service = service_on(ledger)
        for woman in (ANNE, BERIT):
            await service.consent(woman)
        await service.client("gp").record()
        await merge(ledger, ANNE, BERIT)
        chain = await service.door.read(act("anne", Action.READ_LOG, patient=BERIT), Wants.LOG)
        [line] = [row for row in chain.log if row.action == "create-record"]
        await service.door.report(act("anne", Action.REPORT_LOOKUP, patient=BERIT), line.id, "Hvem?")
        [report] = await ledger.reports(ACTORS["gp"].organisation.parent_number)  # type: ignore[union-attr]
        assert report.entry == line

    async def test_the_service_moves_numbers_in_no_other_way(self, ledger: Ledger, database_url: str) -> None:
        await meet(ledger)
        owner = await asyncpg.connect(database_url)
        await owner.execute("SET ROLE helsekort_app")
        for change in ("UPDATE identifier SET person = person", "DELETE FROM identifier"):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await owner.execute(change)
        await owner.close()


class TestMidPregnancy:
    """What the register tells is known to the next act."""

    async def test_no_read_that_starts_after_an_address_is_protected_returns_a_byte(
        self, ledger: Ledger
    ) -> None:
        service = service_on(ledger)
        await service.consent()
        record = UUID(await service.client("gp").record({"mother": {}}))
        told, after = False, 0

        async def reader(by: str) -> None:
            nonlocal after
            while after < 100:
                started_after = told
                [seen] = await asyncio.gather(card(service, by, record), return_exceptions=True)
                if started_after:
                    assert isinstance(seen, Refused)
                    assert seen.kind is Kind.CONFIDENTIAL_ADDRESS
                    after += 1
                else:
                    assert isinstance(seen, View | Refused)

        readers = [asyncio.create_task(reader(by)) for by in ("gp", "hospital", "anne") * 8]
        await asyncio.sleep(0.1)
        assert await ledger.update_person(ANNE, deceased=False, confidential=True)
        told = True
        await asyncio.gather(*readers)
        await service.client("gp").refused(Kind.CONFIDENTIAL_ADDRESS, "POST", "/record", {})
        shown = await service.client("gp").ok("GET", "/status")
        assert (shown["hasGivenConsent"], shown["hasActiveMaternityRecord"]) == (False, False)
        assert shown["latestRecordId"] is None

    async def test_an_address_no_longer_protected_opens_again(self, ledger: Ledger) -> None:
        service = service_on(ledger)
        await service.consent()
        record = UUID(await service.client("gp").record({"mother": {}}))
        for confidential in (True, False):
            await ledger.update_person(ANNE, deceased=False, confidential=confidential)
        assert (await card(service, "gp", record)).card
