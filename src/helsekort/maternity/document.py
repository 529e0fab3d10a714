"""The whole card as a FHIR document: a Composition with the card's own sections, and every resource of the record.

Stored bytes are joined, never parsed: only the Composition is made.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from functools import lru_cache
from uuid import UUID

from helsekort.basics.clock import to_wire
from helsekort.basics.strict_json import dump
from helsekort.fhir.shapes import Json, Resource, coding, concept
from helsekort.fhir.shelf import Entry, Shelf
from helsekort.maternity.catalogue import CATALOGUE
from helsekort.maternity.identity import parts_of
from helsekort.maternity.uris import CARD_SECTION, PROFILE
from helsekort.terminology.code_systems import LOINC

_TITLES = {"nb": "Helsekort for gravide", "nn": "Helsekort for gravide", "en": "Maternity record"}
_OTHER = {"nb": "Annet som er registrert", "nn": "Anna som er registrert", "en": "Other registrations"}
_OTHER_CODE = "resources"
_AROUND = frozenset({"Patient", "RelatedPerson", "Practitioner", "PractitionerRole", "Organization"})
"""Whom the card is about and who has written it: in the document, and in no section of it."""


def card_document(shelf: Shelf, *, record: UUID, base: str, at: datetime, id_: UUID, language: str) -> bytes:
    """The card as a Bundle of type document, as the caller may see it; `base` is the API's own address, `id_` the document's."""
    entries = list(_told(shelf))
    composition = _composition(entries, record, at, id_, language)
    pieces = [_entry(base, "Composition", composition["id"], dump(composition))]
    pieces += [_entry(base, entry.kind, entry.id, entry.raw) for entry in entries]
    head = dump(
        {
            "resourceType": "Bundle",
            "id": str(id_),
            "identifier": {"system": "urn:ietf:rfc:3986", "value": f"urn:uuid:{id_}"},
            "type": "document",
            "timestamp": to_wire(at),
        }
    )
    return head[:-1] + b',"entry":[' + b",".join(pieces) + b"]}"


def _entry(base: str, kind: str, id_: str, raw: bytes) -> bytes:
    return f'{{"fullUrl":"{base}/{kind}/{id_}","resource":'.encode("ascii") + raw + b"}"


def _told(shelf: Shelf) -> Iterator[Entry]:
    """Every resource but the provenances, which are asked for by themselves."""
    return (entry for entry in shelf.all() if entry.kind != "Provenance")


def _composition(entries: Iterable[Entry], record: UUID, at: datetime, id_: UUID, language: str) -> Resource:
    subject, by_section = "", dict[str, list[Entry]]()
    for entry in entries:
        if entry.kind == "Patient":
            subject = entry.id
        elif entry.kind not in _AROUND:
            by_section.setdefault(_section_of(entry), []).append(entry)
    return {
        "resourceType": "Composition",
        "id": f"{id_}-c",
        "meta": {"profile": [f"{PROFILE}/maternity-card"]},
        "language": language,
        "status": "final",
        "type": concept(coding(LOINC, "57059-8", "Pregnancy visit summary note Narrative")),
        "subject": {"reference": f"Patient/{subject}"},
        "date": to_wire(at),
        "author": [{"type": "Device", "display": "Helsekort"}],
        "title": _TITLES[language],
        "section": [
            _section(name, by_section[name], language)
            for name in (*CATALOGUE.sections, _OTHER_CODE)
            if name in by_section
        ],
        "event": [{"detail": [{"reference": f"EpisodeOfCare/{record}"}]}],
    }


def _section_of(entry: Entry) -> str:
    """The section a resource stands in: of its part, and of what has no place on the card the last one."""
    if entry.kind == "EpisodeOfCare":
        return "record"
    place = entry.id.rpartition(".")[0]
    return _section_at(entry.kind, f"{place}.{_ANY_VALUE}" if "." in place else entry.id)


_ANY_VALUE = "a" * 8
"""In the place of the last letters of an id: they tell one value of a part from another."""


@lru_cache(maxsize=1024)
def _section_at(kind: str, id_: str) -> str:
    found = (part.partition("/")[0] for part in parts_of(kind, id_))
    return next((name for name in found if name in CATALOGUE.sections), _OTHER_CODE)


def _section(name: str, entries: Iterable[Entry], language: str) -> Json:
    labels = _OTHER if name == _OTHER_CODE else CATALOGUE.sections[name].labels
    return {
        "title": labels[language],
        "code": concept(coding(CARD_SECTION, name)),
        "entry": [{"reference": f"{entry.kind}/{entry.id}"} for entry in entries],
    }
