"""What a set of writes comes to, all of them or none: pure, over the resources the caller may see.

https://hl7.org/fhir/R4/http.html#transaction; a single interaction is a transaction of one. The caller holds the record's lock
while this is worked out, so that what was found not to exist still does not exist when it is stored.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import msgspec

from helsekort.basics.clock import to_wire
from helsekort.basics.refusal import Issue, Kind, Refused
from helsekort.fhir.links import REFERENCE, base_of, places_of, relinked
from helsekort.fhir.offering import Interaction
from helsekort.fhir.patch import patched
from helsekort.fhir.requests import Check, Write, seen_by
from helsekort.fhir.shapes import Resource
from helsekort.fhir.shelf import Entry, Shelf
from helsekort.fhir.versions import moved, renamed, same, stored

Find = Callable[[str, str, Shelf], Sequence[Entry]]
"""The resources of a kind that a search finds (`code=x&date=y`); raises Refused for a search that cannot be run."""

ROUNDS = 3
"""So often a new resource waits for those it refers to: its id may be made of theirs."""

MOST_SOUGHT = 100
"""References that are searches, different ones, in all that is written together."""

_CONDITIONAL = re.compile(r"[A-Z][A-Za-z]+\?")


class Put(msgspec.Struct, frozen=True):
    """A resource that is new (`old` None) or changed, made of what was `sent`; `where` is the place of that."""

    kind: str
    id: str
    old: Resource | None
    new: Resource
    where: str
    sent: Resource


class Delete(msgspec.Struct, frozen=True):
    """A resource that is marked as entered in error."""

    kind: str
    id: str
    old: Resource
    where: str


class Done(msgspec.Struct, frozen=True):
    """What one write comes to, in the order they were sent: 201, 200 or 204, of which resource.

    `unchanged` is the resource as it is, where nothing of it is stored: it says already what was sent, or a conditional create
    found it.
    """

    status: int
    kind: str
    id: str
    unchanged: Entry | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything that is to be stored, in one step; nothing where every write was done already."""

    puts: tuple[Put, ...]
    deletes: tuple[Delete, ...]
    done: tuple[Done, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What the engine cannot know by itself.

    `find` runs a search; `check` tells what is wrong with a resource that a patch has made, at the place given; `own` are the
    extensions of `meta` that only the server writes; the ids of the kinds named by `first` are drawn first, since other ids are
    made of them.
    """

    find: Find
    check: Check
    own: frozenset[str] = frozenset()
    first: Sequence[str] = ()


def plan(
    shelf: Shelf,
    writes: Sequence[Write],
    *,
    new_id: Callable[[Resource], str],
    now: datetime,
    terms: Terms,
) -> Plan:
    """What the writes come to; `new_id` gives the id of a resource to be created, its references rewritten as far as known.

    Raises Refused with every issue found, of the kind of the first.
    """
    planning = _Planning(shelf, writes, new_id, to_wire(now), terms)
    planning.meet()
    planning.name()
    return planning.plan()


@dataclass(slots=True)
class _Step:
    """One write on its way through the planning."""

    write: Write
    old: Entry | None = None
    id: str = ""
    settled: bool = False  # a conditional create that found what it would have made
    resource: Resource | None = None
    left: _Left | None = None  # after its links were looked up


@dataclass(slots=True)
class _Left:
    """What is left of a resource's links: those of entries without an id yet, and references that nothing is known of."""

    unnamed: bool = False
    unknown: set[str] = field(default_factory=set)


@dataclass(slots=True)
class _Planning:
    """The planning of one set of writes; `wrong` gathers every issue with the kind of refusal it is."""

    shelf: Shelf
    writes: Sequence[Write]
    new_id: Callable[[Resource], str]
    at: str
    terms: Terms
    steps: list[_Step] = field(default_factory=list)
    names: dict[str, str] = field(default_factory=dict)
    found: dict[str, tuple[str, str]] = field(default_factory=dict)
    wrong: list[tuple[Kind, Issue]] = field(default_factory=list)

    def meet(self) -> None:
        """Finds what each write is about and whether it is as the caller expects."""
        for write in self.writes:
            step = _Step(write, id=write.id, resource=write.resource)
            self.steps.append(step)
            if write.interaction is not Interaction.CREATE:
                self._meet_old(step)
            elif write.if_none_exist:
                self._meet_condition(step)
        self._refuse_wrong()
        self._check_apart()

    def name(self) -> None:
        """Gives every new resource its id, and notes what the entries call each other: nothing yet where it has no id."""
        for step in self.steps:
            self._note_name(step)
        rank = {kind: n for n, kind in enumerate(self.terms.first)}
        fresh = [step for step in self.steps if not step.id]
        waiting = sorted(fresh, key=lambda one: rank.get(one.write.kind, len(rank)))
        for _ in range(ROUNDS):
            waiting = [step for step in waiting if not self._name(step, only_whole=True)]
        for step in waiting:
            self._name(step)

    def _name(self, step: _Step, *, only_whole: bool = False) -> bool:
        """Gives a new resource its id; False where it has to wait for the ids of those it refers to."""
        assert step.resource is not None
        step.resource, step.left = self._linked(step.resource, step.write)
        if only_whole and step.left.unnamed:
            return False
        step.id = self.new_id(step.resource)
        self._note_name(step)
        return True

    def plan(self) -> Plan:
        """The plan, where nothing is wrong."""
        deletes = tuple(self._deletes())
        puts: list[Put] = []
        done = [self._done(step, puts) for step in self.steps]
        self._refuse_wrong()
        return Plan(tuple(puts), deletes, tuple(done))

    def _meet_old(self, step: _Step) -> None:
        write = step.write
        step.old = self.shelf.get(write.kind, write.id)
        if step.old is None:
            self._meet_nothing(write)
            return
        current = str(step.old.resource.get("meta", {}).get("versionId", ""))
        seen = seen_by(write)
        if seen and seen != current:
            issue = Issue("Somebody else changed it after that version.", write.asked("ifMatch"))
            self.wrong.append((Kind.PRECONDITION_FAILED, issue))

    def _meet_nothing(self, write: Write) -> None:
        """An id never given is not found; one that was entered in error is gone, and marking it so again changes nothing."""
        if not self.shelf.gone(write.kind, write.id):
            issue = Issue("There is no such resource; ids are given here.", write.asked("url"))
            self.wrong.append((Kind.NOT_FOUND, issue))
        elif write.interaction is not Interaction.DELETE:
            self.wrong.append((Kind.DELETED, Issue("It was entered in error.", write.asked("url"))))

    def _meet_condition(self, step: _Step) -> None:
        write, where = step.write, step.write.asked("ifNoneExist")
        try:
            found = self.terms.find(write.kind, write.if_none_exist, self.shelf)
        except Refused as refused:
            self.wrong += [(refused.kind, Issue(one.what, where, one.hint)) for one in refused.issues]
            return
        if len(found) > 1:
            hint = "Narrow the search, or update the one you mean."
            issue = Issue("More than one resource matches.", where, hint)
            self.wrong.append((Kind.PRECONDITION_FAILED, issue))
        elif found:
            step.old, step.id, step.settled = found[0], found[0].id, True

    def _check_apart(self) -> None:
        """Nothing may be written twice, by its id or by the same condition (https://hl7.org/fhir/R4/http.html#trules)."""
        seen: set[tuple[str, ...]] = set()
        for step in self.steps:
            write = step.write
            keys: list[tuple[str, ...]] = [(write.kind, step.id)] if step.id else []
            keys += [("fullUrl", write.full_url)] if write.full_url else []
            keys += [("ifNoneExist", write.kind, write.if_none_exist)] if write.if_none_exist else []
            if not seen.isdisjoint(keys):
                issue = Issue("Another entry is about the same resource.", write.where, "Send one of them.")
                self.wrong.append((Kind.CONTRADICTION, issue))
            seen.update(keys)
        self._refuse_wrong()

    def _note_name(self, step: _Step) -> None:
        if step.write.full_url and step.write.interaction is not Interaction.DELETE:
            self.names[step.write.full_url] = f"{step.write.kind}/{step.id}" if step.id else ""

    def _linked(self, resource: Resource, write: Write) -> tuple[Resource, _Left]:
        """The resource with what other entries are called, and what searches find, replaced by ids; and what is left."""
        base = base_of(write.full_url, write.kind)
        left = _Left()

        def relink(name: str, link: str) -> str:
            known = self.names.get(link)
            if known is None and base:
                known = self.names.get(base + link)
            if known is None and name == REFERENCE:
                return self._elsewhere(link, left)
            left.unnamed = left.unnamed or known == ""
            return known or link

        return relinked(resource, relink), left

    def _elsewhere(self, link: str, left: _Left) -> str:
        """A reference to what is no entry of the bundle."""
        found = self._found(link)[0] if _CONDITIONAL.match(link) else link
        if found == link and (link.startswith("urn:") or _CONDITIONAL.match(link)):
            left.unknown.add(link)
        return found

    def _found(self, link: str) -> tuple[str, str]:
        """The one resource that a conditional reference (`Patient?identifier=..`) finds; else the link, and what is wrong."""
        if link not in self.found:
            if len(self.found) >= MOST_SOUGHT:
                return link, f"There are more than {MOST_SOUGHT} references that are searches."
            kind, _, criteria = link.partition("?")
            try:
                entries = self.terms.find(kind, criteria, self.shelf)
            except Refused as refused:
                self.found[link] = link, refused.issues[0].what
            else:
                what = f"The search finds {len(entries)} resources, not one."
                self.found[link] = (f"{kind}/{entries[0].id}", "") if len(entries) == 1 else (link, what)
        return self.found[link]

    def _check_links(self, resource: Resource, write: Write, unknown: set[str]) -> None:
        """Every reference that could not be replaced is an issue."""
        if not unknown:
            return
        for where, link in places_of(resource, unknown, write.place):
            sought = _CONDITIONAL.match(link)
            what = self._found(link)[1] if sought else "No entry of this bundle is called this."
            self.wrong.append((Kind.INVALID, Issue(what, where)))

    def _deletes(self) -> Iterator[Delete]:
        for step in self.steps:
            if step.write.interaction is Interaction.DELETE and step.old is not None:
                yield Delete(step.write.kind, step.id, step.old.resource, step.write.asked("url"))

    def _done(self, step: _Step, puts: list[Put]) -> Done:
        """What the write comes to; what has to be stored for it is put with `puts`."""
        write = step.write
        if write.interaction is Interaction.DELETE:
            return Done(204, write.kind, step.id)
        if step.settled:
            return Done(200, write.kind, step.id, step.old)
        sent = self._sent(step)
        left = step.left
        if left is None or left.unnamed:
            sent, left = self._linked(sent, write)
        self._check_links(sent, write, left.unknown)
        old = step.old.resource if step.old else None
        if old is not None:
            self.wrong += [(Kind.INVALID, issue) for issue in moved(old, sent, write.place)]
        if old is not None and same(old, sent, self.terms.own):
            return Done(200, write.kind, step.id, step.old)
        new = stored(sent, step.id, old, at=self.at, own=self.terms.own)
        puts.append(Put(write.kind, step.id, old, new, write.place, sent))
        return Done(200 if old else 201, write.kind, step.id)

    def _sent(self, step: _Step) -> Resource:
        """The resource as the caller wants it to be."""
        if step.write.interaction is not Interaction.PATCH:
            assert step.resource is not None
            return step.resource
        assert step.old is not None
        old = step.old.resource
        try:
            new = patched(old, step.write.patch)
        except Refused as refused:
            self.wrong += [(refused.kind, _under(step.write, issue)) for issue in refused.issues]
            return old
        issues = list(renamed(old, new, step.write.place))
        if new.get("resourceType") == old["resourceType"]:  # else there is nothing to check it by
            issues += self.terms.check(new, step.write.place)
        self.wrong += [(Kind.INVALID, issue) for issue in issues]
        return old if issues else new

    def _refuse_wrong(self) -> None:
        if self.wrong:
            raise Refused(self.wrong[0][0], [issue for _, issue in self.wrong])


def _under(write: Write, issue: Issue) -> Issue:
    """An issue of a patch: its operation, or the entry it stands in with the operation in words."""
    return Issue(f"{issue.where}: {issue.what}", write.place, issue.hint) if write.where else issue
