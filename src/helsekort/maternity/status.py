"""The record's life: active, and then ended once, after birth or without. One table; nothing ended is opened again."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import msgspec

from helsekort.basics.strict_json import child
from helsekort.fhir.shapes import Json
from helsekort.maternity.body import FETUS_NUMBER, Body, item_names, read_body
from helsekort.maternity.catalogue import CATALOGUE
from helsekort.maternity.part import decode, decode_json
from helsekort.maternity.tree import Slot

ACTIVE, DELIVERED, TERMINATED = "ACTIVE", "DELIVERED", "TERMINATED"

TRANSITIONS: Mapping[tuple[str, str], tuple[str, ...]] = {
    (ACTIVE, DELIVERED): ("deliveryDate",),
    (ACTIVE, TERMINATED): ("terminationDate",),
}
"""From which status to which, and the dates that must be sent with it (national contract: updateStatus)."""

STATUS = Slot("record.status", "")


def read_status(sent: object) -> Body:
    """The status a client sends: flat, inside `recordStatus`, or inside `metadata.recordStatus`."""
    content, version, path = sent, None, "$"
    if isinstance(sent, dict):
        metadata = sent.get("metadata")
        if isinstance(metadata, dict):
            version = {"version": metadata.get("version")}
            if "recordStatus" in metadata:
                content, path = metadata["recordStatus"], "$.metadata.recordStatus"
        if "recordStatus" in sent:
            content, path = sent["recordStatus"], "$.recordStatus"
    if isinstance(content, dict):
        content = {name: value for name, value in content.items() if name != "metadata"}
        content = content if version is None else content | {"metadata": version}
    body = read_body(CATALOGUE.sections["record"], content, path)
    if not body.issues and STATUS not in body.leaves:
        body.wrong("Is required.", child(path, "status"), f"Send {DELIVERED} or {TERMINATED}.")
    return body


def check_transition(body: Body, before: str) -> None:
    """Notes what is wrong with going from `before` to the status sent."""
    if STATUS not in body.leaves:
        return
    after = body.leaves[STATUS][1]
    needed = TRANSITIONS.get((before, after))
    if needed is None:
        allowed = [to for start, to in TRANSITIONS if start == before]
        hint = f"Send one of: {', '.join(allowed)}." if allowed else "It stays as it is."
        body.wrong(f"A record that is {before} cannot become {after}.", child(body.path, "status"), hint)
        return
    for name in needed:
        if Slot(f"record.{name}", "") not in body.leaves:
            body.wrong(f"Is required when the record becomes {after}.", child(body.path, name))


def check_birth_status(body: Body, parts: Mapping[str, bytes]) -> None:
    """Before a record becomes delivered, the birth status of every fetus known must be registered (national contract)."""
    if STATUS not in body.leaves or body.leaves[STATUS][1] != DELIVERED:
        return
    missing = fetuses_known(parts) - fetuses_born(parts)
    for number in sorted(missing):
        hint = f"Register birthStatus with a status for fosterId {number} first."
        body.wrong(f"The birth status of fetus {number} is not registered.", child(body.path, "status"), hint)


def number_of_fetuses(parts: Mapping[str, bytes]) -> int | None:
    """How many fetuses are registered in currentPregnancy, or None."""
    stored = parts.get("currentPregnancy")
    if stored is None:
        return None
    number = _read_current(stored).v1.numberOfFetuses
    return None if number is None else int(number)


class _Fetuses(msgspec.Struct):
    numberOfFetuses: Any = None  # noqa: N815 - the name in the contract


class _Current(msgspec.Struct):
    """Of the part about the pregnancy only how many are expected."""

    v1: _Fetuses


_read_current = msgspec.json.Decoder(_Current, float_hook=Decimal).decode


def fetuses_known(parts: Mapping[str, bytes]) -> set[int]:
    """The fetuses of this pregnancy: as many as are registered, else those the visits tell of, and always at least one."""
    number = number_of_fetuses(parts)
    if number is not None:
        return set(range(1, number + 1))
    told = {one for key in parts if key.startswith("antenatalAppointments/") for one in _told_of(parts[key])}
    return told or {1}


def _told_of(stored: bytes) -> set[int]:
    part = decode(stored)
    signs = decode_json(bytes(part.v1)).get("fetusesVitalSigns") or []
    return set() if part.error else {int(name) for name in item_names(FETUS_NUMBER, signs) if name.isdigit()}


def fetuses_born(parts: Mapping[str, bytes]) -> set[int]:
    """The fetuses whose status at birth is registered; a single one needs no number."""
    stored = parts.get("birthStatus")
    if stored is None:
        return set()
    rows: list[Any] = decode_json(bytes(decode(stored).v1)).get("birthStatus") or []
    names = item_names(FETUS_NUMBER, rows)
    born = {name for name, row in zip(names, rows, strict=True) if _has_status(row)}
    return {1} if born == {"#0"} else {int(name) for name in born if name.isdigit()}


def _has_status(row: Json) -> bool:
    return row.get("status") is not None
