"""Writing to a record by FHIR: every resource finds its place, everything wrong is told at once, and the change is one commit.

The engine in `fhir/transaction.py` has worked out what is to be stored; here it meets the card's rules. A value that the JSON
contract has a place for goes there, and the contract shows it from then on; all else is kept in parts of its own.

Entered in error: DELETE takes a value away (reading it gives 410, its history stays); DELETE of a visit takes the whole visit
away, and the contract shows it as entered in error. An update that says entered-in-error is kept and shown as such.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import cache
from typing import NamedTuple
from uuid import UUID

from helsekort.access.act import Act
from helsekort.access.wishes import hidden_from
from helsekort.basics.clock import to_wire
from helsekort.basics.refusal import Kind, Refused
from helsekort.fhir.requests import Write
from helsekort.fhir.shapes import Resource
from helsekort.fhir.shelf import Shelf
from helsekort.fhir.transaction import Delete, Plan, Put
from helsekort.ledger.view import Change, Propose, View
from helsekort.maternity import identity
from helsekort.maternity.belonging import (
    Look,
    References,
    Whose,
    check_belonging,
    check_content,
)
from helsekort.maternity.body import Body, refuse_if_wrong
from helsekort.maternity.catalogue import CATALOGUE
from helsekort.maternity.commit import metadata_after
from helsekort.maternity.drafts import Draft, Drafts
from helsekort.maternity.ending import check_status, put_end, read_end, status_of
from helsekort.maternity.filling import fill
from helsekort.maternity.free import sections_told
from helsekort.maternity.identity import RESOURCES, VISITS
from helsekort.maternity.moments import day_of
from helsekort.maternity.part import Stamp
from helsekort.maternity.places import (
    HEIGHTS,
    RECORD,
    Place,
    Visits,
    check_components,
    fetus_of,
    place_for_new,
    place_of,
)
from helsekort.maternity.resources import marked_in_error, slot_of
from helsekort.maternity.shelf import shelf_of
from helsekort.maternity.signing import Signing
from helsekort.maternity.slots import slot_for
from helsekort.maternity.status import ACTIVE, number_of_fetuses
from helsekort.maternity.tree import Slot

NewResourceId = Callable[[Resource], str]
PlanOf = Callable[[Shelf, NewResourceId], Plan]
"""What the writes come to, over the shelf, with a way to name what is new."""

LISTS = frozenset(section.name for section in CATALOGUE.sections.values() if section.list)
_FIRST = {"EpisodeOfCare": 0, "Encounter": 1}
IN_ERROR = "entered-in-error"
CURRENT = "currentPregnancy"


def propose(plan_of: PlanOf, stamp: Stamp, act: Act) -> Propose:
    """The change that a set of FHIR writes makes to a record, or creates it with; nothing at all where they change nothing."""

    def proposed(view: View, record: UUID, t: int) -> Change:
        placing = _Placing(view, record, stamp)
        plan = plan_of(placing.shelf, placing.new_id)
        if not (plan.puts or plan.deletes):
            return Change({}, {}, active=placing.active)
        return placing.change(plan, hidden_from(act, view.person.wishes).sections)

    return proposed


def sections_of(kind: str, id_: str, resource: Resource | None) -> frozenset[str]:
    """The sections that a write may touch, as far as the resource and its id tell; the commit is judged on those it touches."""
    by_id = {key.partition("/")[0] for key in identity.parts_of(kind, id_)} if id_ else set[str]()
    told = frozenset[str]() if resource is None else sections_told(resource)
    if kind == "EpisodeOfCare" and resource is not None and status_of(resource) != ACTIVE:
        told |= {"birthStatus"}
    return told or frozenset(by_id - {RESOURCES})


def parts_to_write(writes: Sequence[Write]) -> frozenset[str] | None:
    """The parts that writes look into, as far as they tell cheaply; None where a search may look into any."""
    keys = {RECORD, CURRENT}
    for write in writes:
        if write.if_none_exist:
            return None
        keys.update(identity.parts_of(write.kind, write.id) if write.id else _parts_for(write.resource or {}))
    return frozenset(keys)


def _parts_for(resource: Resource) -> Iterable[str]:
    """A value of a visit stands with the visit, where that is there already; any other in its section."""
    if "encounter" in resource:
        kind, _, id_ = resource["encounter"].get("reference", "").partition("/")
        return identity.parts_of(kind, id_)
    return sections_told(resource) - LISTS


class _Placed(NamedTuple):
    """A new resource as it was sent, where it belongs, and the key of the part that it goes into."""

    sent: Resource
    place: Place
    key: str


class _Placing:
    """One set of writes on its way into the parts of a record."""

    def __init__(self, view: View, record: UUID, stamp: Stamp) -> None:
        self.shelf = shelf_of(view)
        self.active = view.record is None or view.record.active
        self._view, self._record, self._stamp = view, record, stamp
        self._drafts = Drafts(view.parts, record, stamp)
        self._signing = Signing(record, view.person.person, stamp)
        self._noted = Body()
        self._visits = Visits(view.parts)
        self._gone: set[tuple[str, str]] = set()
        self._placed: dict[str, _Placed] = {}

    def new_id(self, resource: Resource) -> str:
        """The id of a resource to be created: it tells the place where it will stand."""
        noted = Body()
        place = place_of(resource, self._visits, noted, resource["resourceType"])
        id_, key = self._id_at(place_for_new(place), resource["resourceType"])
        if not noted.issues:
            self._placed[id_] = _Placed(resource, place, key)
        return id_

    def _id_at(self, place: Place, kind: str) -> tuple[str, str]:
        """A new id, and the key of the part that it tells."""
        if kind == "EpisodeOfCare":
            return identity.episode_id(self._record), RECORD
        drawn = self._stamp.new_id()
        if kind == "Encounter" and place.section == VISITS:
            id_ = self._visits.add(identity.visit_id(self._record, drawn), drawn)
            return id_, f"{VISITS}/{drawn}"
        if place.section == RESOURCES:
            return identity.free_id(self._record, drawn), identity.free_key(drawn)
        item = str(place.item or self._stamp.new_id())
        id_ = identity.value_id(self._record, place.section, item, drawn.bytes)
        return id_, f"{place.section}/{item}" if place.section in LISTS else place.section

    def _placed_as_sent(self, put: Put) -> _Placed | None:
        """What was told when its id was made, where that was of what it is now."""
        placed = self._placed.get(put.id)
        return placed if placed is not None and placed.sent is put.sent else None

    def change(self, plan: Plan, hidden: frozenset[str]) -> Change:
        """The commit; raises Refused with everything that is wrong."""
        for delete in plan.deletes:
            self._take_away(delete)
        self._check(plan.puts)
        status = self._drafts.status()
        for put in sorted(plan.puts, key=_turn):
            self._place(put)
        self._refuse_hidden(hidden)
        self._check_left(plan)
        parts, segments = self._drafts.finished()
        self._check_fetuses(plan.puts, parts)
        active = self._end(plan.puts, status, parts)
        refuse_if_wrong(self._noted)
        segments[RECORD] = metadata_after(self._view, parts, to_wire(self._stamp.at))
        return Change(parts, segments, active=active)

    def _check(self, puts: Sequence[Put]) -> None:
        """What can be told of each resource by itself, and of what it refers to."""
        new = {(put.kind, put.id) for put in puts}

        @cache
        def known(kind: str, id_: str) -> bool:
            return (kind, id_) in new or (
                (kind, id_) not in self._gone and self.shelf.get(kind, id_) is not None
            )

        whose = Whose(self._view.person.person, self._record)
        judge = References(whose, known)
        look = Look([put.new for put in puts])
        closely, forbidden = look.may_misrefer(judge), look.may_hold_forbidden(whose)
        for put in puts:
            check_belonging(put.new, judge, self._noted, put.where, closely=closely)
            if forbidden:
                check_content(put.new, whose, self._noted, put.where)
            check_components(put.new, self._noted, put.where)

    def _take_away(self, delete: Delete) -> None:
        key = self._drafts.key_with(identity.parts_of(delete.kind, delete.id), delete.kind, delete.id)
        if key is None or key == RECORD:
            hint = "End the record instead." if key == RECORD else ""
            self._noted.wrong("Cannot be entered in error.", delete.where, hint)
            return
        draft = self._drafts.open(key)
        whole = _carries(draft, delete.old)
        taken = draft.resources if whole else [one for one in draft.resources if one["id"] == delete.id]
        self._gone |= {(one["resourceType"], one["id"]) for one in taken}
        draft.resources = [one for one in draft.resources if one not in taken]
        draft.error = whole

    def _place(self, put: Put) -> None:
        placed = self._placed_as_sent(put)
        if placed is not None:
            self._add(put, placed.place, placed.key)
            return
        place = place_of(put.new, self._visits, self._noted, put.where)
        keys = identity.parts_of(put.kind, put.id)
        key = self._drafts.key_with(keys, put.kind, put.id) if put.old else None
        if key is None:
            self._add(put, place, _key_among(keys, place))
        elif key.startswith(RESOURCES) and place.section == VISITS and put.kind == "Encounter":
            self._drafts.open(key).resources = []  # what was planned has taken place
            self._add(put, place, keys[0])
        else:
            self._replace(put, place, self._drafts.open(key))

    def _add(self, put: Put, place: Place, key: str) -> None:
        draft = self._drafts.open(key)
        slot = slot_for(place, draft, self._noted, put.where)
        signed = self._signing.signed(put.new, slot)
        if slot is None or not slot.key:
            draft.resources.append(signed)
            return
        draft.add(signed, slot)
        self._fill(draft, place, slot, signed, None)

    def _replace(self, put: Put, place: Place, draft: Draft) -> None:
        assert put.old is not None
        before = slot_of(put.old)
        slot = slot_for(place, draft, self._noted, put.where)
        elsewhere = slot is not None and slot.key and before.key and slot != before
        if elsewhere or (draft.section != RESOURCES and not _is_in(place, draft)):
            hint = "Enter it in error, and send it anew where it belongs."
            self._noted.wrong("An update does not move a value to another place.", put.where, hint)
            return
        signed = self._signing.signed(put.new, slot)
        at = draft.place_of(put.kind, put.id)
        assert at is not None
        draft.resources[at] = signed
        if _carries(draft, put.old) and put.new.get("status") == IN_ERROR:
            self._mark_whole(draft, at)
        elif slot is not None and slot.key:
            self._fill(draft, place, slot, signed, put.old)

    def _mark_whole(self, draft: Draft, carrier: int) -> None:
        """The visit or measurement was entered in error, and so was everything that is of it."""
        setting = self._signing.setting(draft.section, draft.id)
        draft.error = True
        for at, one in enumerate(draft.resources):
            draft.resources[at] = one if at == carrier else marked_in_error(one, setting)

    def _fill(self, draft: Draft, place: Place, slot: Slot, new: Resource, old: Resource | None) -> None:
        if place.field is not None and draft.section != RECORD:
            setting = self._signing.setting(draft.section, draft.id)
            fill(draft, place.field, slot.item, setting, days=(_day(old), _day(new)))

    def _refuse_hidden(self, hidden: frozenset[str]) -> None:
        """What she has blocked is not written to either; what of it is there is not even seen."""
        touched = {draft.section for _, draft in self._drafts.opened()}
        for _, draft in self._drafts.opened(RESOURCES):
            touched = touched.union(*map(sections_told, draft.resources))
        if not hidden.isdisjoint(touched):
            raise Refused(Kind.BLOCKED)

    def _check_left(self, plan: Plan) -> None:
        """Nothing that stays may refer to what is taken away."""
        written = {(put.kind, put.id) for put in plan.puts}
        names = {f'"{kind}/{id_}"'.encode() for kind, id_ in self._gone}
        for entry in self.shelf.all() if names else ():
            stays = (entry.kind, entry.id) not in self._gone | written and entry.kind != "Provenance"
            if stays and any(name in entry.raw for name in names):
                hint = "Change or enter in error what refers to it first, or in the same transaction."
                self._noted.wrong("Other resources refer to it.", plan.deletes[0].where, hint)
                return

    def _check_fetuses(self, puts: Sequence[Put], parts: dict[str, bytes]) -> None:
        told = [(put, fetus) for put in puts if (fetus := fetus_of(put.new))]
        number = number_of_fetuses(parts if CURRENT in parts else self._view.parts) if told else None
        for put, fetus in told:
            if number is not None and int(fetus) > number:
                hint = "Send a number no higher than currentPregnancy.numberOfFetuses, or correct that first."
                self._noted.wrong("There is no such fetus in this pregnancy.", f"{put.where}.focus", hint)

    def _end(self, puts: Sequence[Put], before: str, parts: dict[str, bytes]) -> bool:
        """What the writes say of the record itself; True where it is active after them."""
        episode = next((put for put in puts if put.kind == "EpisodeOfCare"), None)
        about = [
            put for put in puts if RECORD in parts and put.kind == "Observation" and _key_of(put) == RECORD
        ]
        after = before if episode is None else status_of(episode.new)
        if episode is not None:
            check_status(episode.new, before, self._noted, episode.where)
        if not before and episode is None:
            self._noted.wrong("There is no record yet.", "EpisodeOfCare", "Create it with an EpisodeOfCare.")
        elif before and after != before and episode is not None and not self._noted.issues:
            setting, draft = self._signing.setting(RECORD), self._drafts.open(RECORD)
            told = read_end(draft, before, {**self._view.parts, **parts}, episode.where)
            self._noted.issues += told.issues
            draft.resources = put_end(told, draft, setting)
            parts[RECORD] = self._drafts.finish(RECORD)[0]
        elif about and after == before:
            hint = "Send it with the EpisodeOfCare that ends the record."
            self._noted.wrong("Is registered when the record ends.", about[0].where, hint)
        return after in {ACTIVE, ""}


def _is_in(place: Place, draft: Draft) -> bool:
    return place.section == draft.section and (place.item is None or str(place.item) == draft.id)


_CARRIERS = {VISITS: "antenatalAppointments.appointmentDate", HEIGHTS: "symphysisFundalHeights.measurement"}


def _carries(draft: Draft, resource: Resource) -> bool:
    """True for what a visit or a measurement is by itself: without it there is none."""
    return slot_of(resource).key == _CARRIERS.get(draft.section)


def _turn(put: Put) -> tuple[int, bool]:
    """A day is placed before the values it is the day of: beside a value, only what is missing is filled in."""
    return _FIRST.get(put.kind, len(_FIRST)), "valueDateTime" not in put.new


def _day(resource: Resource | None) -> str | None:
    return None if resource is None else day_of(resource.get("effectiveDateTime"))


def _key_of(put: Put) -> str:
    return next(iter(identity.parts_of(put.kind, put.id)), "")


def _key_among(keys: tuple[str, ...], place: Place) -> str:
    """The key of the part for a new resource: its id was made for it."""
    return next((key for key in keys if key.partition("/")[0] == place.section), keys[-1])
