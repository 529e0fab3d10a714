"""The patient summary as a FHIR document: a Composition, the resources its sections name, and all that these refer to."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from uuid import UUID

from helsekort.basics.clock import to_wire
from helsekort.basics.strict_json import dump
from helsekort.fhir.shapes import Json, Resource, coding, concept
from helsekort.fhir.shelf import Entry, Shelf
from helsekort.maternity.resources import slot_of
from helsekort.patient_summary.narrative import line_of, xhtml
from helsekort.patient_summary.sections import SECTIONS, SummarySection
from helsekort.terminology.code_systems import LOINC

IPS = "http://hl7.org/fhir/uv/ips/StructureDefinition"
EMPTY_REASON = "http://terminology.hl7.org/CodeSystem/list-empty-reason"
DATA_ABSENT = "http://hl7.org/fhir/StructureDefinition/data-absent-reason"
_TITLES = {"nb": "Pasientsammendrag", "nn": "Pasientsamandrag", "en": "Patient summary"}
_IN_ERROR = "entered-in-error"


def summary(shelf: Shelf, *, patient: Resource, base: str, at: datetime, id_: UUID, language: str) -> bytes:
    """The summary of what the caller may see, as a Bundle of type document.

    `patient` is the woman as the person register names her, `base` the API's own address, `id_` the document's.
    """
    told = [(section, _entries(section, shelf)) for section in SECTIONS]
    composition = _composition(told, patient, at, id_, language)
    named = [entry for _, entries in told for entry in entries]
    resources = [composition, patient, _device(id_)]
    known = {f"{one['resourceType']}/{one['id']}" for one in resources}
    pieces = [_entry(base, one["resourceType"], one["id"], dump(one)) for one in resources]
    pieces += [_entry(base, one.kind, one.id, one.raw) for one in _closure(shelf, named, known)]
    head = dump(
        {
            "resourceType": "Bundle",
            "id": str(id_),
            "meta": {"profile": [f"{IPS}/Bundle-uv-ips"]},
            "identifier": {"system": "urn:ietf:rfc:3986", "value": f"urn:uuid:{id_}"},
            "type": "document",
            "timestamp": to_wire(at),
        }
    )
    return head[:-1] + b',"entry":[' + b",".join(pieces) + b"]}"


def named(patient: Resource, *, name: str, born: date | None) -> Resource:
    """Her Patient with name and date of birth: a summary is read where nobody knows her. What is not known is said so."""
    unknown: Json = {"extension": [{"url": DATA_ABSENT, "valueCode": "unknown"}]}
    birth: Json = {"birthDate": born.isoformat()} if born else {"_birthDate": unknown}
    return patient | {"name": [{"text": name} if name else unknown]} | birth


def _entry(base: str, kind: str, id_: str, raw: bytes) -> bytes:
    return b'{"fullUrl":' + dump(f"{base}/{kind}/{id_}") + b',"resource":' + raw + b"}"


def _entries(section: SummarySection, shelf: Shelf) -> list[Entry]:
    """What stands in a section; what was entered in error does not."""
    found = [
        entry
        for kind in section.kinds
        for entry in shelf.of_kind(kind)
        if entry.resource.get("status") != _IN_ERROR and section.holds(entry.resource)
    ]
    return list(_newest(found)) if section.newest else found


def _newest(entries: Iterable[Entry]) -> Iterator[Entry]:
    """The newest of each field and fetus; of two as new, the one that stands first."""
    newest: dict[object, Entry] = {}
    for entry in entries:
        slot = slot_of(entry.resource)
        if slot not in newest or _date(entry) > _date(newest[slot]):
            newest[slot] = entry
    yield from newest.values()


def _date(entry: Entry) -> str:
    dated: str = entry.resource.get("effectiveDateTime") or entry.resource.get("issued") or ""
    return dated


def _composition(
    told: list[tuple[SummarySection, list[Entry]]], patient: Resource, at: datetime, id_: UUID, language: str
) -> Resource:
    sections = [
        _section(section, entries, language) for section, entries in told if entries or section.required
    ]
    return {
        "resourceType": "Composition",
        "id": f"{id_}-c",
        "meta": {"profile": [f"{IPS}/Composition-uv-ips"]},
        "language": language,
        "text": xhtml([_TITLES[language]], language),
        "status": "final",
        "type": concept(coding(LOINC, "60591-5", "Patient summary Document")),
        "subject": {"reference": f"Patient/{patient['id']}"},
        "date": to_wire(at),
        "author": [{"reference": f"Device/{id_}-d", "display": "Helsekort"}],
        "title": _TITLES[language],
        "confidentiality": "N",
        "section": sections,
    }


def _section(section: SummarySection, entries: list[Entry], language: str) -> Json:
    made: Json = {
        "title": section.titles[language],
        "code": concept(coding(LOINC, section.code, section.display)),
        "text": xhtml((line_of(entry.resource, language) for entry in entries), language),
    }
    if entries:
        return made | {"entry": [{"reference": f"{entry.kind}/{entry.id}"} for entry in entries]}
    return made | {"emptyReason": concept(coding(EMPTY_REASON, "unavailable", "Unavailable"))}


def _device(id_: UUID) -> Resource:
    """The software that put the document together; nobody has signed it."""
    return {
        "resourceType": "Device",
        "id": f"{id_}-d",
        "deviceName": [{"name": "Helsekort", "type": "user-friendly-name"}],
    }


def _closure(shelf: Shelf, named: Iterable[Entry], known: set[str]) -> Iterator[Entry]:
    """The resources named and all that they refer to, each once; looked up in one list, since they may be many."""
    there = {f"{one.kind}/{one.id}": one for one in shelf.all()}
    waiting = deque(named)
    while waiting:
        entry = waiting.popleft()
        name = f"{entry.kind}/{entry.id}"
        if name in known:
            continue
        known.add(name)
        yield entry
        links = dict.fromkeys(_references(entry.resource))
        waiting.extend(there[link] for link in links if link in there and link not in known)


def _references(value: object) -> Iterator[str]:
    """Every literal reference in a resource, at any depth."""
    if isinstance(value, dict):
        target = value.get("reference")
        if isinstance(target, str) and not target.startswith("#"):
            yield target
        for one in value.values():
            yield from _references(one)
    elif isinstance(value, list):
        for one in value:
            yield from _references(one)
