"""Writing the card through the JSON contract: each function answers a proposal, which the ledger turns into one commit.

Nothing is stored where anything is wrong; every issue is told at once. A proposal is pure: view, record and commit number in,
change out, so that it can be made again when a commit has to be tried again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from uuid import UUID

from helsekort.basics.refusal import Issue, Kind, Refused
from helsekort.basics.strict_json import child, dump
from helsekort.ledger.view import Change, Propose, View
from helsekort.maternity.body import Body, check_fetuses, read_body, read_whole, refuse_if_wrong
from helsekort.maternity.catalogue import CATALOGUE
from helsekort.maternity.commit import OTHER, RECORD, Commit, record_metadata
from helsekort.maternity.fields import Section
from helsekort.maternity.lens import get
from helsekort.maternity.part import (
    LAST_VERSION,
    Author,
    Part,
    Stamp,
    author_of,
    decode,
    decode_json,
    segment_with,
)
from helsekort.maternity.reading import read_card
from helsekort.maternity.status import (
    ACTIVE,
    check_birth_status,
    check_transition,
    number_of_fetuses,
    read_status,
)

__all__ = [
    "OTHER",
    "RECORD",
    "Author",
    "Stamp",
    "author_of",
    "card_json",
    "create_record",
    "enter_in_error",
    "post_section",
    "put_section",
    "read_card",
    "section_named",
    "segment_of",
    "update_status",
]


def section_named(name: str) -> Section:
    """The section with the contract's resource type; raises NOT_FOUND with the names there are."""
    section = CATALOGUE.sections.get(name)
    if section is None or not section.routed:
        known = ", ".join(one.name for one in CATALOGUE.routed)
        raise Refused(Kind.NOT_FOUND, [Issue("There is no such section.", hint=f"The sections are {known}.")])
    return section


def create_record(body: object, stamp: Stamp) -> Propose:
    """A new record: {} or any of the sections, antenatalAppointments and symphysisFundalHeights as arrays."""
    whole, other = read_whole(body, {section.name for section in CATALOGUE.routed})
    sent = body if isinstance(body, dict) else {}
    read = [
        (section, one)
        for section in CATALOGUE.routed
        for one in _section_bodies(section, sent.get(section.name), whole)
    ]
    number = _fetuses_sent(read)
    for section, one in read:
        check_fetuses(one, number, section, f"$.{section.name}")

    def propose(view: View, record: UUID, t: int) -> Change:
        refuse_if_wrong(whole, *(one for _, one in read))
        made = Commit(view, record, stamp)
        for section, one in read:
            made.add(section, one)
        if other != b"{}":
            made.add_other(other)
        return made.created(read_status({"status": ACTIVE}))

    return propose


def _section_bodies(section: Section, sent: object, whole: Body) -> list[Body]:
    path = f"$.{section.name}"
    if sent is None:
        return []
    if not section.list:
        return [read_body(section, sent, path)]
    if not isinstance(sent, list):
        whole.wrong("Must be an array.", path)
        return []
    return [read_body(section, one, child(path, index)) for index, one in enumerate(sent)]


def _fetuses_sent(read: Iterable[tuple[Section, Body]]) -> int | None:
    for _, one in read:
        for slot, (_, value) in one.leaves.items():
            if slot.key == "currentPregnancy.numberOfFetuses":
                return int(value)
    return None


def post_section(section: str, body: object, stamp: Stamp) -> Propose:
    """A section registered for the first time, or a new visit or measurement."""
    known = section_named(section)
    read = read_body(known, body)

    def propose(view: View, record: UUID, t: int) -> Change:
        if not known.list and known.name in view.parts:
            raise Refused(
                Kind.ALREADY_EXISTS, [Issue(f"{known.name} is registered already.", hint="Use PUT.")]
            )
        _check(read, known, view, Body())
        made = Commit(view, record, stamp)
        made.add(known, read)
        return made.changed()

    return propose


def put_section(section: str, item: UUID | None, body: object, stamp: Stamp) -> Propose:
    """A section, visit or measurement replaced by one who has seen its latest version."""
    known = section_named(section)
    read = read_body(known, body)

    def propose(view: View, record: UUID, t: int) -> Change:
        key, old = _existing(view, known, item)
        _check(read, known, view, _version_missing(read))
        _check_version(read.version, old.version)
        made = Commit(view, record, stamp)
        made.replace(key, known, read, old)
        return made.changed()

    return propose


def enter_in_error(section: str, item: UUID, stamp: Stamp, version: int | None = None) -> Propose:
    """Marks a visit or measurement as entered in error: it stays in the record, marked."""
    known = section_named(section)
    if not known.list:
        raise Refused(
            Kind.METHOD_NOT_ALLOWED, f"{known.name} cannot be entered in error; correct it with PUT."
        )

    def propose(view: View, record: UUID, t: int) -> Change:
        key, old = _existing(view, known, item)
        _check_version(old.version if version is None else version, old.version)
        made = Commit(view, record, stamp)
        made.mark_in_error(key, old)
        return made.changed()

    return propose


def update_status(body: object, stamp: Stamp) -> Propose:
    """Ends the record: DELIVERED with deliveryDate and every birth status registered, or TERMINATED with terminationDate."""

    def propose(view: View, record: UUID, t: int) -> Change:
        read = read_status(body)
        old = decode(view.parts[RECORD])
        check_transition(read, decode_json(bytes(old.v1))["status"])
        check_birth_status(read, view.parts)
        refuse_if_wrong(read)
        _check_version(old.version if read.version is None else read.version, old.version)
        made = Commit(view, record, stamp)
        return made.ended(read, old)

    return propose


def parts_to_write(section: str, item: UUID | None) -> frozenset[str]:
    """The parts that a change of a section, visit or height looks into: itself, and what tells of the record and the fetuses."""
    own = {f"{section}/{item}"} if item else {section} if section else set[str]()
    return frozenset({RECORD, "currentPregnancy", *own})


def _check(read: Body, section: Section, view: View, beside: Body) -> None:
    """Raises what is wrong with a body, on its own and beside what is registered; `read` itself stays as it is."""
    if read.fetuses and max(read.fetuses) > 1:
        beside.fetuses = read.fetuses
        check_fetuses(beside, number_of_fetuses(view.parts), section)
    refuse_if_wrong(read, beside)


def _version_missing(read: Body) -> Body:
    beside = Body()
    told = {issue.where for issue in read.issues}
    if read.version is None and not told & {"$", "$.metadata", "$.metadata.version"}:
        beside.wrong("Is required.", "$.metadata.version", "Send the version you have read.")
    return beside


def _existing(view: View, section: Section, item: UUID | None) -> tuple[str, Part]:
    key = section.name if item is None else f"{section.name}/{item}"
    stored = view.parts.get(key)
    if stored is None or (item is None) == section.list:
        where = " with that id" if item else ""
        raise Refused(Kind.NOT_FOUND, [Issue(f"{section.name} has nothing registered{where}.")])
    part = decode(stored)
    if part.error:
        raise Refused(Kind.DELETED)
    return key, part


def _check_version(sent: int | None, current: int) -> None:
    if sent != current:
        raise Refused(
            Kind.VERSION_CONFLICT, [Issue(f"The latest version is {current}.", "$.metadata.version")]
        )
    if current >= LAST_VERSION:
        raise Refused(
            Kind.VERSION_CONFLICT, [Issue(f"Version {LAST_VERSION} is the last one.", "$.metadata.version")]
        )


def segment_of(part: bytes) -> bytes:
    """What the contract shows of a stored part, made anew from its resources. For the record: as of the part's own change."""
    decoded = decode(part)
    if decoded.section == RECORD:
        return record_metadata(decoded, decoded.at)
    if decoded.section == OTHER:
        return bytes(decoded.v1)
    return segment_with(decoded, dump(get(decoded)))


_LISTS = frozenset(section.name for section in CATALOGUE.routed if section.list)
_FRAME = tuple(
    (section.name, f',"{section.name}":'.encode(), b"[]" if section.list else b"null")
    for section in CATALOGUE.routed
)


def card_json(card: Mapping[str, bytes]) -> bytes:
    """The whole record as the contract shows it: metadata and all fourteen sections, null or [] where nothing is registered."""
    items: dict[str, list[bytes]] = {}
    for key in sorted(key for key in card if "/" in key):
        items.setdefault(key.partition("/")[0], []).append(card[key])
    pieces = [b'{"metadata":', card[RECORD]]
    for name, opening, nothing in _FRAME:
        pieces.append(opening)
        if name in items:
            pieces += (b"[", b",".join(items[name]), b"]")
        else:
            pieces.append(card.get(name, nothing))
    other = card.get(OTHER)
    pieces.append(b"}" if other is None else b"," + other[1:])
    return b"".join(pieces)
