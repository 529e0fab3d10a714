"""The patient summary as a FHIR document: a Composition, the resources its sections name, and all that these refer to.

It follows the International Patient Summary 2.0; our own profile `patient-summary` states what that asks for, and
docs/adr/0020-patient-summary.md says how it is verified.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from helsekort.basics.clock import to_wire
from helsekort.basics.strict_json import dump
from helsekort.fhir.shapes import Json, Resource, coding, concept
from helsekort.fhir.shelf import Entry, Shelf
from helsekort.maternity.identity import record_of
from helsekort.maternity.places import by_herself
from helsekort.maternity.resources import UNKNOWN, slot_of
from helsekort.patient_summary.holding import Item, is_outcome, item_of, stands_alone
from helsekort.patient_summary.made import Document, claims, drug_allergies, general_practitioner, pregnancy
from helsekort.patient_summary.narrative import line_of, xhtml
from helsekort.patient_summary.sections import ALLERGIES, PREGNANCIES, SECTIONS, SummarySection
from helsekort.terminology.code_systems import LOINC

_CLAIM = claims("Bundle-uv-ips", "patient-summary")
CLAIMED: tuple[str, ...] = tuple(_CLAIM["profile"])
"""The profiles a summary has."""
EMPTY_REASON = "http://terminology.hl7.org/CodeSystem/list-empty-reason"
_TITLES = {"nb": "Pasientsammendrag", "nn": "Pasientsamandrag", "en": "Patient summary"}
_IN_ERROR = "entered-in-error"
_IN_WORDS = ("Observation", "Condition", "Task")
"""The types that a section may tell of in words alone."""
_TOLD = frozenset({*_IN_WORDS, "EpisodeOfCare", *(kind for section in SECTIONS for kind in section.kinds)})


@dataclass(frozen=True, slots=True)
class Told:
    """A section with its entries, and what it tells in words alone. `earlier` are the ids of those from an earlier pregnancy."""

    section: SummarySection
    entries: list[Entry]
    in_words: list[Entry]
    earlier: frozenset[str] = frozenset()

    @property
    def stands(self) -> bool:
        """Whether there is something in it, or it stands there anyway."""
        return bool(self.entries or self.in_words or self.section.required)


def summary(shelf: Shelf, *, patient: Resource, base: str, at: datetime, id_: UUID, language: str) -> bytes:
    """The summary of what the caller may see, as a Bundle of type document.

    `patient` is the woman as the person register names her, `base` the API's own address, `id_` the document's.
    """
    her = patient | {"meta": patient.get("meta", {}) | claims("Patient-uv-ips", "summary-patient")}
    document = Document(str(id_), at, language, her)
    content = Content(shelf, document)
    told = [one for one in map(content.told, SECTIONS) if one.stands]
    first = [_composition(told, document), her | content.general_practitioner, _device(document)]
    pieces = [_entry(base, one["resourceType"], one["id"], dump(one)) for one in first]
    known = {f"{one['resourceType']}/{one['id']}" for one in first}
    named = [entry for one in told for entry in one.entries]
    pieces += [_entry(base, one.kind, one.id, one.raw) for one in content.closure(named, known)]
    head = dump(
        {
            "resourceType": "Bundle",
            "id": document.id,
            "meta": _CLAIM,
            "identifier": _identifier(document.id),
            "type": "document",
            "timestamp": to_wire(at),
        }
    )
    return head[:-1] + b',"entry":[' + b",".join(pieces) + b"]}"


def named(patient: Resource, *, name: str, born: date | None) -> Resource:
    """Her Patient with name and date of birth: a summary is read where nobody knows her. What is not known is said so."""
    birth: Json = {"birthDate": born.isoformat()} if born else {"_birthDate": UNKNOWN}
    return patient | {"name": [{"text": name} if name else {"_text": UNKNOWN}]} | birth


def _identifier(id_: str) -> Json:
    """Of the document and of its Composition: it is made once, and never again."""
    return {"system": "urn:ietf:rfc:3986", "value": f"urn:uuid:{id_}"}


def _entry(base: str, kind: str, id_: str, raw: bytes) -> bytes:
    return b'{"fullUrl":' + dump(f"{base}/{kind}/{id_}") + b',"resource":' + raw + b"}"


class Content:
    """What there is to tell of: the resources on a shelf that were not entered in error, and those made for the document."""

    def __init__(self, shelf: Shelf, document: Document) -> None:
        self._there = [one for one in shelf.all() if one.kind != "Provenance"]
        self._items: dict[str, list[Item]] = {}
        for one in self._there:
            if one.kind in _TOLD and one.resource.get("status") != _IN_ERROR:
                self._items.setdefault(one.kind, []).append(item_of(one))
        self._newest = max(self._of("EpisodeOfCare"), key=_begun, default=None)
        allergies = drug_allergies(document, self._of("Condition"), others=self._of("AllergyIntolerance"))
        self._made: dict[str, list[Entry]] = {ALLERGIES: allergies}
        self._due_dates: list[Entry] = []
        current = [one for one in self._of("Observation") if self._is_current(one)]
        self.general_practitioner = general_practitioner(current)
        """What her Patient tells of who her general practitioner is, empty where the newest record does not."""
        if self._newest is not None:
            status, self._due_dates = pregnancy(document, self._newest.resource, current)
            self._made[PREGNANCIES] = [status]

    def _of(self, *kinds: str) -> Iterator[Item]:
        return (one for kind in kinds for one in self._items.get(kind, ()))

    def _is_current(self, item: Item) -> bool:
        """Whether it stands in the newest record."""
        return self._newest is None or _record(item) == _record(self._newest)

    def told(self, section: SummarySection) -> Told:
        """What a section tells; what was made for it comes first."""
        found = [one for one in self._of(*section.kinds) if section.holds(one)]
        words = [one for one in self._of(*_IN_WORDS) if section.words(one)]
        earlier = frozenset(one.entry.id for one in words if not self._is_current(one))
        if section.current:
            earlier = frozenset(one.entry.id for one in found if not self._is_current(one))
            found = [one for one in found if one.entry.id not in earlier or is_outcome(one)]
            words = [one for one in words if self._is_current(one)]
            found = _newest(found)
        entries = [*self._made.get(section.code, ()), *(one.entry for one in found)]
        return Told(section, entries, [one.entry for one in _newest(words)], earlier)

    def closure(self, named: Iterable[Entry], known: set[str]) -> Iterator[Entry]:
        """The resources named and all that they refer to, each once; looked up in one list, since they may be many."""
        made = [one for entries in self._made.values() for one in entries]
        there = {f"{one.kind}/{one.id}": one for one in (*self._there, *made, *self._due_dates)}
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


def _begun(episode: Item) -> str:
    begun: str = episode.resource.get("period", {}).get("start", "")
    return begun


def _record(item: Item) -> UUID | None:
    return record_of(item.entry.kind, item.entry.id)


def _newest(items: Iterable[Item]) -> list[Item]:
    """The newest of each kind of value; of two as new, the one that stands first."""
    newest: dict[object, Item] = {}
    for item in items:
        what = _what(item)
        if what not in newest or _date(item) > _date(newest[what]):
            newest[what] = item
    return list(newest.values())


def _what(item: Item) -> object:
    """What kind of value it is, and whose: two that have the same replace each other."""
    resource, slot = item.resource, slot_of(item.resource)
    if slot.key:
        return _record(item), slot
    if resource["resourceType"] != "Observation" or stands_alone(resource):
        return item.entry.kind, item.entry.id
    code = resource.get("code", {})
    codes = frozenset((one.get("system"), one.get("code")) for one in code.get("coding", ()))
    focus = tuple(one.get("reference") for one in resource.get("focus", ()))
    return codes or code.get("text"), focus, by_herself(resource)


def _date(item: Item) -> str:
    resource = item.resource
    began = resource.get("effectivePeriod", {}).get("start")
    dated: str = resource.get("effectiveDateTime") or began or resource.get("issued") or ""
    return dated


def _composition(told: list[Told], document: Document) -> Resource:
    language = document.language
    return {
        "resourceType": "Composition",
        "id": f"{document.id}-c",
        "meta": claims("Composition-uv-ips", "patient-summary-composition"),
        "language": language,
        "text": xhtml([_TITLES[language]], language),
        "identifier": _identifier(document.id),
        "status": "final",
        "type": concept(coding(LOINC, "60591-5", "Patient summary Document")),
        "subject": document.subject,
        "date": to_wire(document.at),
        "author": [{"reference": f"Device/{document.id}-d", "display": "Helsekort"}],
        "title": _TITLES[language],
        "confidentiality": "N",
        "section": [_section(one, language) for one in told],
    }


def _section(told: Told, language: str) -> Json:
    section, entries = told.section, told.entries
    lines = [
        line_of(one.resource, language, earlier=one.id in told.earlier) for one in (*entries, *told.in_words)
    ]
    made: Json = {
        "title": section.titles[language],
        "code": concept(coding(LOINC, section.code, section.display)),
        "text": xhtml(lines, language, more=bool(told.in_words)),
    }
    if entries:
        return made | {"entry": [{"reference": f"{entry.kind}/{entry.id}"} for entry in entries]}
    return made | {"emptyReason": concept(coding(EMPTY_REASON, "unavailable", "Unavailable"))}


def _device(document: Document) -> Resource:
    """The software that put the document together; nobody has signed it."""
    return {
        "resourceType": "Device",
        "id": f"{document.id}-d",
        "deviceName": [{"name": "Helsekort", "type": "user-friendly-name"}],
    }


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
