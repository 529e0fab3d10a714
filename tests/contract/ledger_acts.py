"""Acts on a ledger for its tests: women with synthetic numbers, judges that permit or refuse, proposals."""

import itertools
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from uuid import UUID

from helsekort.audit.entry import AuditEntry, Detail
from helsekort.basics.ids import new_id
from helsekort.basics.nin import NationalIdentityNumber, check_digits
from helsekort.basics.refusal import Kind, Refused
from helsekort.ledger.ledger import Ledger
from helsekort.ledger.view import (
    Change,
    Judge,
    Judgement,
    Propose,
    Query,
    StoredCommit,
    View,
    Wants,
)

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
_moments = (START + timedelta(seconds=n) for n in itertools.count())
_individuals = itertools.count(100)


def a_woman() -> NationalIdentityNumber:
    """Somebody who never was: a number of the synthetic series, another at each call."""
    while True:
        nine = f"1181{90 + next(_individuals) // 1000 % 10:02d}{next(_individuals) % 1000:03d}"
        digits = check_digits(nine)
        if digits is not None:
            return NationalIdentityNumber.parse(nine + digits, allow_synthetic=True)


def entry(
    action: str = "read-record", *, refusal: Kind | None = None, record: UUID | None = None
) -> AuditEntry:
    """An audit entry at the next moment."""
    detail = Detail(
        actor_kind="practitioner", name="Kari Jordmor", role="JO", refusal=refusal.value if refusal else ""
    )
    return AuditEntry(new_id(), next(_moments), action, refusal is None, record, detail)


def permit(action: str = "read-record") -> Judge:
    """A judge that lets everything in."""
    return lambda view: Judgement(entry(action, record=view.record.record if view.record else None), None)


def refuse(kind: Kind = Kind.FORBIDDEN) -> Judge:
    """A judge that lets nothing in."""
    return lambda _: Judgement(entry(refusal=kind), Refused(kind))


def needs_consent(action: str = "read-record") -> Judge:
    """A judge that asks only for consent and, to create, that there is no active record."""

    def judge(view: View) -> Judgement:
        if not view.person.consented:
            return refuse(Kind.NO_CONSENT)(view)
        if action == "create-record" and view.person.active_record is not None:
            return refuse(Kind.ALREADY_EXISTS)(view)
        return permit(action)(view)

    return judge


def put(parts: Mapping[str, bytes], *, active: bool = True) -> Propose:
    """A proposal of these parts; each segment is the part in capitals, beside the metadata segment."""
    segments = {key: part.upper() for key, part in parts.items()}
    return lambda _view, _record, t: Change(parts, segments | {"record": b"T%d" % t}, active)


async def meet(ledger: Ledger, *, consented: bool = True) -> NationalIdentityNumber:
    """A woman whom the ledger knows."""
    woman = a_woman()
    await ledger.add_person(woman, deceased=False, confidential=False)
    if consented:
        await consent(ledger, woman)
    return woman


async def consent(ledger: Ledger, woman: NationalIdentityNumber) -> None:
    """She consents."""
    query = Query(woman, None, Wants.STATUS)
    await ledger.give_consent(query, permit("give-consent"), text_version="2026-1")


async def withdraw(ledger: Ledger, woman: NationalIdentityNumber) -> None:
    """She withdraws her consent."""
    await ledger.withdraw_consent(Query(woman, None, Wants.STATUS), permit("withdraw-consent"))


async def create(ledger: Ledger, woman: NationalIdentityNumber, parts: Mapping[str, bytes]) -> UUID:
    """A new record with these parts."""
    record = new_id()
    await ledger.create(Query(woman, record, Wants.STATUS), needs_consent("create-record"), put(parts))
    return record


async def write(
    ledger: Ledger,
    woman: NationalIdentityNumber,
    record: UUID,
    parts: Mapping[str, bytes],
    *,
    active: bool = True,
) -> StoredCommit:
    """One more commit with these parts."""
    query = Query(woman, record, Wants.CARD | Wants.PARTS)
    return await ledger.write(query, needs_consent("write-section"), put(parts, active=active))


async def read(
    ledger: Ledger,
    woman: NationalIdentityNumber,
    record: UUID | None,
    wants: Wants = Wants.CARD | Wants.PARTS,
) -> View:
    """The view, where she has consented."""
    return await ledger.read(Query(woman, record, wants), needs_consent())


async def status(ledger: Ledger, woman: NationalIdentityNumber) -> View:
    """Her state alone."""
    return await ledger.read(Query(woman, None, Wants.STATUS), permit("read-status"))


async def log(ledger: Ledger, woman: NationalIdentityNumber) -> tuple[AuditEntry, ...]:
    """Her access log."""
    return (await ledger.read(Query(woman, None, Wants.LOG), permit("read-log"))).log
