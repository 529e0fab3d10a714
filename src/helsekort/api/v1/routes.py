"""Every operation of the JSON contract, registered as data. Order and words follow the national API page."""

from __future__ import annotations

from collections.abc import Iterator

from helsekort.access.act import Action
from helsekort.api.v1 import reads, writes
from helsekort.api.v1.schemas import schema_name
from helsekort.api.v1.work import Body, Reading, Route, Writing
from helsekort.basics.refusal import Kind
from helsekort.ledger.view import Wants
from helsekort.maternity.catalogue import CATALOGUE

RECORD = "/record/{recordId}"
_CHANGED = (Kind.NOT_FOUND, Kind.VERSION_CONFLICT)


def _reads() -> Iterator[Route]:
    yield Route(
        "GET",
        "/status",
        "readStatus",
        "Consent, active record and last change of a woman",
        Action.READ_STATUS,
        Reading(Wants.STATUS, reads.status),
        shows="Status",
    )
    yield Route(
        "GET",
        "/history",
        "readHistory",
        "All maternity records of a woman, the oldest first",
        Action.READ_HISTORY,
        Reading(Wants.RECORDS, reads.history),
        shows="History",
    )
    yield Route(
        "GET",
        "/history/{recordId}",
        "readRecordHistory",
        "All changes of one maternity record, the oldest first",
        Action.READ_RECORD_HISTORY,
        Reading(Wants.COMMITS, reads.record_history, at=True),
        shows="RecordHistory",
    )
    yield Route(
        "GET",
        RECORD,
        "readRecord",
        "One maternity record as it is now",
        Action.READ_RECORD,
        Reading(Wants.CARD, reads.record, at=True),
        shows="Record",
    )


def _record_writes() -> Iterator[Route]:
    yield Route(
        "POST",
        "/record",
        "createRecord",
        "Create a maternity record, empty or with any of its sections",
        Action.CREATE_RECORD,
        Writing(writes.create_record, writes.created_record, creates=True),
        shows="Record",
        status=201,
        body=Body.REQUIRED,
        takes="NewRecord",
    )
    yield Route(
        "POST",
        f"{RECORD}/updateStatus",
        "updateStatus",
        "End a maternity record: delivered, or ended without a birth",
        Action.UPDATE_STATUS,
        Writing(writes.update_status, writes.stored_status),
        shows="UpdatedStatus",
        body=Body.REQUIRED,
        takes="StatusUpdate",
        refuses=(Kind.VERSION_CONFLICT,),
    )


def _section(name: str, schema: str) -> Iterator[Route]:
    yield _post(name, schema, f"Register {name} for the first time", Kind.ALREADY_EXISTS)
    yield _put(name, schema, f"{RECORD}/{name}", f"Replace {name} with what it is now", *_CHANGED)


def _list_section(name: str, schema: str) -> Iterator[Route]:
    yield _post(name, schema, f"Register one more of {name}")
    one, summary = f"{RECORD}/{name}/{{itemId}}", f"Replace one of {name} with what it is now"
    yield _put(name, schema, one, summary, *_CHANGED, Kind.DELETED)
    yield Route(
        "DELETE",
        f"{RECORD}/{name}/{{itemId}}",
        f"enter{schema}InError",
        f"Mark one of {name} as entered in error",
        Action.ENTER_IN_ERROR,
        Writing(writes.enter_in_error, writes.stored_section),
        shows=schema,
        section=name,
        body=Body.OPTIONAL,
        takes="SeenVersion",
        refuses=(*_CHANGED, Kind.DELETED),
    )


def _post(name: str, schema: str, summary: str, *refuses: Kind) -> Route:
    return Route(
        "POST",
        f"{RECORD}/{name}",
        f"create{schema}",
        summary,
        Action.WRITE_SECTION,
        Writing(writes.post_section, writes.created_section),
        shows=schema,
        status=201,
        section=name,
        body=Body.REQUIRED,
        takes=f"New{schema}",
        refuses=refuses,
    )


def _put(name: str, schema: str, template: str, summary: str, *refuses: Kind) -> Route:
    return Route(
        "PUT",
        template,
        f"update{schema}",
        summary,
        Action.WRITE_SECTION,
        Writing(writes.put_section, writes.stored_section),
        shows=schema,
        section=name,
        body=Body.REQUIRED,
        takes=f"Changed{schema}",
        refuses=refuses,
    )


def _routes() -> Iterator[Route]:
    yield from _reads()
    yield from _record_writes()
    for section in CATALOGUE.routed:
        make = _list_section if section.list else _section
        yield from make(section.name, schema_name(section))


ROUTES: tuple[Route, ...] = tuple(_routes())
"""All of them."""
