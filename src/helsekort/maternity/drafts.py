"""The parts that one set of FHIR writes touches, as they are worked on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from uuid import UUID

import msgspec

from helsekort.basics.clock import to_wire
from helsekort.basics.refusal import Issue, Kind, Refused
from helsekort.basics.strict_json import dump
from helsekort.fhir.shapes import Resource
from helsekort.maternity.free import is_free
from helsekort.maternity.identity import RESOURCES
from helsekort.maternity.lens import get
from helsekort.maternity.moments import day_of
from helsekort.maternity.part import LAST_VERSION, Part, Stamp, decode, encode, segment_with
from helsekort.maternity.places import RECORD
from helsekort.maternity.resources import slot_of
from helsekort.maternity.tree import Slot

MOST_IN_PART = 1000
"""Resources of one section, or of one visit: a part is stored whole with each change to it."""
MOST_FREE = 10_000
"""Resources of one record that the JSON contract has no place for."""


@dataclass(slots=True)
class Draft:
    """A part being worked on; `version` is the one it has, 0 for a new one."""

    section: str
    id: str
    version: int = 0
    error: bool = False
    v1: bytes = b"{}"
    resources: list[Resource] = field(default_factory=list)
    _slots: dict[int, tuple[Resource, Slot]] = field(default_factory=dict)

    def holds(self, kind: str, id_: str) -> bool:
        """True where one of its resources has that type and id."""
        return self.place_of(kind, id_) is not None

    def place_of(self, kind: str, id_: str) -> int | None:
        """Where in the part a resource stands."""
        for place, one in enumerate(self.resources):
            if one["id"] == id_ and one["resourceType"] == kind:
                return place
        return None

    def in_slot(self, slot: Slot) -> list[int]:
        """Where the values of a place on the card stand; the first is the one the JSON contract shows."""
        known = self._slots
        for one in self.resources:
            if id(one) not in known:
                self._note(one, slot_of(one))
        return [place for place, one in enumerate(self.resources) if known[id(one)][1] == slot]

    def _note(self, resource: Resource, slot: Slot) -> None:
        """Keeps the slot of a resource, told once; what is kept with it keeps its identity from becoming another's."""
        self._slots[id(resource)] = resource, slot

    def add(self, resource: Resource, slot: Slot) -> None:
        """Puts in a new value: first of its slot, unless it is clinically older than the one there."""
        beside = self.in_slot(slot) if slot.key else []
        self._note(resource, slot)
        if beside and clinical_moment(resource) >= clinical_moment(self.resources[beside[0]]):
            self.resources.insert(beside[0], resource)
        else:
            self.resources.append(resource)


def clinical_moment(resource: Resource) -> str:
    """The day a value is of, for telling which is older: when it was measured, else when it was registered."""
    period = resource.get("effectivePeriod") or {}
    told = (
        resource.get("effectiveDateTime"),
        resource.get("effectiveInstant"),
        period.get("start"),
        resource.get("recordedDate"),
        resource.get("issued"),
        resource["meta"]["lastUpdated"],
    )
    first = next(str(one) for one in told if one)
    return day_of(first) or first


class _Said(msgspec.Struct):
    status: str


class _Record(msgspec.Struct):
    """Of the record's own part only what the contract says of its status."""

    v1: _Said


_read_status = msgspec.json.Decoder(_Record).decode


class Drafts:
    """Parts by key; those that are opened to be written are the change."""

    def __init__(self, stored: Mapping[str, bytes], record: UUID, stamp: Stamp) -> None:
        self._stored, self._record, self._stamp = stored, record, stamp
        self._opened: dict[str, Draft] = {}

    def open(self, key: str) -> Draft:
        """The part to be written, a new one where there is none; DELETED where it was entered in error."""
        if key not in self._opened:
            self._opened[key] = self._draft(key)
        return self._opened[key]

    def opened(self, section: str = "") -> Iterable[tuple[str, Draft]]:
        """The parts that are touched, of one section or of all."""
        return [(key, one) for key, one in self._opened.items() if section in {"", one.section}]

    def key_with(self, keys: Iterable[str], kind: str, id_: str) -> str | None:
        """Which of the parts holds a resource."""
        for key in keys:
            if key in self._opened:
                if self._opened[key].holds(kind, id_):
                    return key
            elif key in self._stored and self._draft(key).holds(kind, id_):
                return key
        return None

    def _draft(self, key: str) -> Draft:
        section, _, item = key.partition("/")
        if key not in self._stored:
            own = str(self._record) if section == RECORD else str(self._stamp.new_id())
            return Draft(section, item or own)
        part = decode(self._stored[key])
        if part.error:
            raise Refused(Kind.DELETED)
        if part.version >= LAST_VERSION and section != RESOURCES:
            raise Refused(Kind.VERSION_CONFLICT, [Issue(f"Version {LAST_VERSION} is the last one.", section)])
        return Draft(section, part.id, part.version, part.error, bytes(part.v1), list(part.resources))

    def finished(self) -> tuple[dict[str, bytes], dict[str, bytes]]:
        """The parts' next versions, and the segments the JSON contract shows of them."""
        self._check_room()
        parts: dict[str, bytes] = {}
        segments: dict[str, bytes] = {}
        for key in self._opened:
            parts[key], segment = self.finish(key)
            if segment is not None:
                segments[key] = segment
        return parts, segments

    def _check_room(self) -> None:
        """Refuses what a pregnancy cannot come to: a system that sends the same again and again; raises TOO_LARGE."""
        full = [one.section for one in self._opened.values() if len(one.resources) > MOST_IN_PART]
        new = [key for key in self._opened if key not in self._stored]
        if any(map(is_free, new)) and sum(map(is_free, (*self._stored, *new))) > MOST_FREE:
            full.append(RESOURCES)
        if full:
            hint = "See whether your system has sent the same values several times."
            raise Refused(
                Kind.TOO_LARGE, [Issue("There is no room for more of these.", one, hint) for one in full]
            )

    def finish(self, key: str) -> tuple[bytes, bytes | None]:
        """A part's next version, and its segment where the JSON contract shows one of it."""
        part = self._part(self._opened[key])
        shown = part.section not in {RESOURCES, RECORD}
        return encode(part), segment_with(part, bytes(part.v1)) if shown else None

    def status(self) -> str:
        """The record's status as it is stored; empty before there is a record."""
        if RECORD not in self._stored:
            return ""
        return _read_status(self._stored[RECORD]).v1.status

    def _part(self, draft: Draft) -> Part:
        part = Part(
            draft.section,
            draft.id,
            draft.version + 1,
            to_wire(self._stamp.at),
            self._stamp.author.to_v1(),
            error=draft.error,
            v1=msgspec.Raw(draft.v1),
            resources=draft.resources,
        )
        if draft.section == RESOURCES or draft.error:
            return part
        return msgspec.structs.replace(part, v1=msgspec.Raw(dump(get(part))))
