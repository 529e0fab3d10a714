"""The parts and segments that one change of a record touches, made together so that they become one commit."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

import msgspec

from helsekort.basics.clock import to_wire
from helsekort.basics.strict_json import dump
from helsekort.fhir.shapes import Resource
from helsekort.ledger.view import Change, View
from helsekort.maternity.body import Body
from helsekort.maternity.catalogue import CATALOGUE
from helsekort.maternity.fields import Section
from helsekort.maternity.lens import get, put
from helsekort.maternity.part import Part, Stamp, decode, decode_json, encode, segment_with
from helsekort.maternity.resources import Setting, marked_in_error
from helsekort.maternity.status import ACTIVE, STATUS

RECORD = "record"
OTHER = "other"
"""The part with properties of the record that the contract does not name: kept, and returned."""


class Commit:
    """The parts and segments one change touches, as they are made."""

    def __init__(self, view: View, record: UUID, stamp: Stamp) -> None:
        self._view, self._record, self._stamp = view, record, stamp
        self._at = to_wire(stamp.at)
        self._by = stamp.author.to_v1()
        self._parts: dict[str, bytes] = {}
        self._segments: dict[str, bytes] = {}

    def _setting(self, section: str, item: str = "") -> Setting:
        return Setting(self._record, self._view.person.person, self._stamp, section, item)

    def _keep(self, key: str, part: Part) -> Part:
        self._parts[key] = encode(part)
        return part

    def _show(self, key: str, part: Part) -> None:
        self._segments[key] = segment_with(part, bytes(part.v1))

    def _part(self, section: str, id_: str, version: int, v1: bytes, resources: list[Resource]) -> Part:
        return Part(
            section, id_, version, self._at, self._by, error=False, v1=msgspec.Raw(v1), resources=resources
        )

    def add(self, section: Section, read: Body) -> None:
        """A section, visit or measurement for the first time."""
        id_ = str(self._stamp.new_id())
        setting = self._setting(section.name, id_)
        resources = put(section, read, (), setting)
        key = f"{section.name}/{id_}" if section.list else section.name
        self._show(key, self._keep(key, self._part(section.name, id_, 1, read.v1, resources)))

    def add_other(self, unknown: bytes) -> None:
        """Properties of the record that the contract does not name."""
        self._keep(OTHER, self._part(OTHER, str(self._stamp.new_id()), 1, unknown, []))
        self._segments[OTHER] = unknown

    def replace(self, key: str, section: Section, read: Body, old: Part) -> None:
        """The next version of a part."""
        setting = self._setting(old.section, old.id)
        resources = put(section, read, old.resources, setting)
        self._show(
            key, self._keep(key, self._part(section.name, old.id, old.version + 1, read.v1, resources))
        )

    def mark_in_error(self, key: str, old: Part) -> None:
        """The next version of a part, entered in error."""
        setting = self._setting(old.section, old.id)
        resources = [marked_in_error(resource, setting) for resource in old.resources]
        made = Part(
            old.section,
            old.id,
            old.version + 1,
            self._at,
            self._by,
            error=True,
            v1=old.v1,
            resources=resources,
        )
        self._show(key, self._keep(key, made))

    def changed(self) -> Change:
        """The change, with the record's metadata telling when anything was last changed."""
        self._segments[RECORD] = metadata_after(self._view, {}, self._at)
        return Change(self._parts, self._segments)

    def created(self, start: Body) -> Change:
        """The change that creates the record."""
        resources = put(CATALOGUE.sections[RECORD], start, (), self._setting(RECORD))
        part = self._keep(RECORD, self._part(RECORD, str(self._record), 1, start.v1, resources))
        self._segments[RECORD] = record_metadata(part, self._at)
        return Change(self._parts, self._segments)

    def ended(self, read: Body, old: Part) -> Change:
        """The change that ends the record."""
        resources = put(CATALOGUE.sections[RECORD], read, old.resources, self._setting(RECORD))
        part = self._keep(RECORD, self._part(RECORD, old.id, old.version + 1, read.v1, resources))
        self._segments[RECORD] = record_metadata(part, self._at)
        return Change(self._parts, self._segments, active=read.leaves[STATUS][1] == ACTIVE)


_STATUS_NAMES = tuple(field.name for field in CATALOGUE.sections[RECORD].fields)


def metadata_after(view: View, parts: Mapping[str, bytes], at: str) -> bytes:
    """The record's metadata after a change at that moment, of which `parts` are the new parts."""
    if RECORD in parts:
        return record_metadata(decode(parts[RECORD]), at)
    metadata = decode_json(view.card[RECORD])
    metadata["recordLastUpdated"] = at
    return dump(metadata)


def record_metadata(part: Part, last_updated: str) -> bytes:
    """The record's metadata as the contract shows it: null where nothing is recorded."""
    status = dict.fromkeys(_STATUS_NAMES) | get(part)
    return dump(
        {
            "recordId": part.id,
            "recordStatus": status,
            "version": part.version,
            "lastUpdated": part.at,
            "lastUpdatedBy": part.by,
            "recordLastUpdated": last_updated,
        }
    )
