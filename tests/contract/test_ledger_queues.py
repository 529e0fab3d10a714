"""Emergencies, lifted blocks, reports and notices: each written in the same transaction as the audit row it points at."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from uuid import UUID

import asyncpg
import pytest

from helsekort.access.act import Action
from helsekort.access.wishes import WishKind
from helsekort.audit.entry import AuditEntry
from helsekort.basics.ids import new_id
from helsekort.basics.refusal import Kind, Refused
from helsekort.ledger.connection import open_session
from helsekort.ledger.ledger import Ledger
from helsekort.ledger.view import Change, View, Wants
from tests.contract.door_acts import LIFTED, act, card, emergency, wish
from tests.flow.v1_service import ACTORS, BERIT, Service, service_on

HPR = ACTORS["gp"].hpr_number
OFFICE, HOSPITAL = "998570328", "983658784"


@pytest.fixture
async def service(ledger: Ledger) -> Service:
    """The contract with Anne, who has consented."""
    found = service_on(ledger)
    await found.consent()
    return found


@pytest.fixture
async def record(service: Service) -> UUID:
    """Anne's record."""
    return UUID(await service.client("gp").record({"mother": {}}))


async def log(service: Service) -> tuple[AuditEntry, ...]:
    """Her access log, newest first."""
    return (await service.door.read(act("anne", Action.READ_LOG), Wants.LOG)).log


class TestReviews:
    """What an organisation has to look at afterwards."""

    async def test_an_emergency_is_told_of(self, service: Service, record: UUID) -> None:
        await wish(service, WishKind.BLOCK_ORGANISATION, HOSPITAL)
        await card(service, "hospital", record, **emergency("Blødning"), decision_reference="vedtak-7")
        [review] = await service.ledger.reviews(HOSPITAL)
        assert (review.kind, review.entry.action, review.entry.record) == ("emergency", "read-record", record)
        detail = review.entry.detail
        assert (detail.basis, detail.why, detail.lifted) == ("AKUTT", "Blødning", True)
        assert (detail.decision_reference, detail.hpr_number) == (
            "vedtak-7",
            ACTORS["hospital"].hpr_number,
        )
        assert review.entry in await log(service)
        assert await service.ledger.reviews(OFFICE) == []

    async def test_a_lifted_block_is_told_of_and_consent_without_a_block_is_not(
        self, service: Service, record: UUID
    ) -> None:
        await card(service, "hospital", record, **LIFTED)
        assert await service.ledger.reviews(HOSPITAL) == []
        await wish(service, WishKind.BLOCK_SECTION, "mother")
        await card(service, "hospital", record, **LIFTED)
        await card(service, "hospital", record)
        [review] = await service.ledger.reviews(HOSPITAL)
        assert review.kind == "lifted-block"

    async def test_a_write_in_an_emergency_is_told_of(self, service: Service, record: UUID) -> None:
        def propose(view: View, _record: UUID, _t: int) -> Change:
            return Change({}, {"record": view.card["record"]})

        await service.door.write(act("hospital", Action.WRITE_SECTION, record, **emergency()), propose)
        [review] = await service.ledger.reviews(HOSPITAL)
        assert (review.kind, review.entry.action) == ("emergency", "write-section")

    async def test_a_refused_emergency_is_in_her_log_alone(self, service: Service, record: UUID) -> None:
        await wish(service, WishKind.BLOCK_PRACTITIONER, HPR)
        with pytest.raises(Refused):
            await card(service, "gp", record, **emergency())
        assert await service.ledger.reviews(OFFICE) == []
        assert (await log(service))[0].detail.refusal == "blocked"

    async def test_no_data_without_the_queue_row(
        self, service: Service, record: UUID, database_url: str
    ) -> None:
        owner = await asyncpg.connect(database_url)
        await owner.execute("REVOKE INSERT ON review FROM helsekort_app")
        answers = await asyncio.gather(
            card(service, "hospital", record, **emergency()),
            *(card(service, "hospital", record) for _ in range(6)),
            return_exceptions=True,
        )
        assert isinstance(answers[0], Refused)
        assert answers[0].kind is Kind.DATABASE
        assert not any(isinstance(answer, BaseException) for answer in answers[1:])
        await owner.close()
        assert not any(row.detail.basis for row in await log(service))  # the audit row went with it


class TestReports:
    """What she says of a line of her log."""

    async def test_a_report_reaches_the_organisation_behind_the_line(
        self, service: Service, record: UUID
    ) -> None:
        await card(service, "hospital", record)
        line = (await log(service))[0]
        await service.door.report(act("anne", Action.REPORT_LOOKUP), line.id, "Jeg har aldri vært der.")
        [report] = await service.ledger.reports(HOSPITAL)
        assert (report.state, report.text, report.entry) == ("new", "Jeg har aldri vært der.", line)
        assert await service.ledger.reports(OFFICE) == []
        assert (await log(service))[0].action == "report-lookup"

    async def test_an_answer_is_given_once_and_by_that_organisation(
        self, service: Service, record: UUID
    ) -> None:
        await card(service, "hospital", record)
        line = (await log(service))[0]
        await service.door.report(act("anne", Action.REPORT_LOOKUP), line.id, "Hvem?")
        ledger, at = service.ledger, datetime.now(UTC)
        organisation = line.detail.organisation_parent
        [report] = await ledger.reports(organisation)
        assert not await ledger.answer_report("other", report.id, at=at, text="x")
        assert await ledger.answer_report(organisation, report.id, at=at, text="En vikar.")
        assert not await ledger.answer_report(organisation, report.id, at=at, text="En annen.")
        [report] = await ledger.reports(organisation)
        assert (report.state, report.answer, report.answered) == ("answered", "En vikar.", at)

    @pytest.mark.usefixtures("record")
    async def test_only_a_line_of_her_own_log(self, service: Service) -> None:
        await service.consent(BERIT)
        await service.client("gp", BERIT).record()
        berits = await service.door.read(act("anne", Action.READ_LOG, patient=BERIT), Wants.LOG)
        for line in (berits.log[0].id, new_id()):
            with pytest.raises(Refused) as refused:
                await service.door.report(act("anne", Action.REPORT_LOOKUP), line, "Hvem?")
            assert refused.value.kind is Kind.NOT_FOUND
        assert await service.ledger.reports(OFFICE) == []
        assert [row.detail.refusal for row in (await log(service))[:2]] == ["not-found", "not-found"]

    @pytest.mark.parametrize("text", ["", " \n", "x" * 2001])
    async def test_it_has_words_and_not_too_many(self, service: Service, text: str) -> None:
        line = (await log(service))[0]
        with pytest.raises(Refused) as refused:
            await service.door.report(act("anne", Action.REPORT_LOOKUP), line.id, text)
        assert refused.value.kind is Kind.INVALID

    async def test_nobody_else_reports_for_her(self, service: Service, record: UUID) -> None:
        await card(service, "hospital", record)
        line = (await log(service))[0]
        with pytest.raises(Refused) as refused:
            await service.door.report(act("hospital", Action.REPORT_LOOKUP), line.id, "Alt er i orden")
        assert refused.value.kind is Kind.INVALID_USER

    async def test_her_words_are_not_in_the_open(
        self, service: Service, database_url: str, record: UUID
    ) -> None:
        await card(service, "hospital", record)
        line = (await log(service))[0]
        await service.door.report(act("anne", Action.REPORT_LOOKUP), line.id, "HEMMELIGHET")
        owner = await asyncpg.connect(database_url)
        stored = [value for row in await owner.fetch("SELECT * FROM report") for value in row.values()]
        await owner.close()
        assert b"HEMMELIGHET" not in b"".join(value for value in stored if isinstance(value, bytes))


class TestNotices:
    """Outbox rows that tell her of what others do, where she has asked for it."""

    @staticmethod
    async def told(service: Service) -> list[UUID | None]:
        """The records whose look-ups she is told of."""
        return [row.record for row in await service.ledger.outbox() if row.kind == "look-up"]

    async def test_each_look_up_by_somebody_else(self, service: Service, record: UUID) -> None:
        await card(service, "gp", record)
        await wish(service, WishKind.NOTICE)
        await card(service, "gp", record)
        await card(service, "hospital", record)
        await card(service, "anne", record)
        await service.door.read(act("machine", Action.READ_STATUS), Wants.STATUS)
        assert await self.told(service) == [record, record]
        day = {"appointmentDate": "2026-03-02"}
        await service.client("gp").ok("POST", f"/record/{record}/antenatalAppointments", day, status=201)
        assert await self.told(service) == [record] * 3
        await wish(service, WishKind.NOTICE, on=False)
        await card(service, "gp", record)
        assert await self.told(service) == [record] * 3

    async def test_no_data_without_the_notice(
        self, service: Service, record: UUID, database_url: str
    ) -> None:
        await wish(service, WishKind.NOTICE)
        owner = await asyncpg.connect(database_url)
        await owner.execute("REVOKE INSERT ON outbox FROM helsekort_app")
        with pytest.raises(Refused) as refused:
            await card(service, "gp", record)
        assert refused.value.kind is Kind.DATABASE
        await owner.close()


@pytest.mark.parametrize(
    "change",
    [
        "DELETE FROM {}",
        "TRUNCATE {}",
        "UPDATE {} SET person = person",
    ],
)
@pytest.mark.parametrize("table", ["wish", "review", "report", "person_link"])
async def test_the_service_only_adds(database_url: str, table: str, change: str) -> None:
    session = await open_session(database_url)
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await session.execute(change.format(table))
    await session.close()
