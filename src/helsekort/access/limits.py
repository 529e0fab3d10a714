"""How much one caller may ask for: requests by the minute, and how many different persons within an hour.

Mass look-up is about different persons, not about requests: the second budget is what stops number guessing (abuse case 9).
Pure: the time is an argument. One process holds the counts (ADR 0007); a restart opens them anew.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, fields, replace
from hashlib import blake2b

from helsekort.access.actor import Actor, ActorKind
from helsekort.basics.nin import NationalIdentityNumber

MOST_CALLERS = 20_000


@dataclass(frozen=True, slots=True)
class Allowance:
    """What one caller of a kind may: a burst, so many a second after it, and different persons in an hour."""

    burst: int
    each_second: float
    persons_an_hour: int


@dataclass(frozen=True, slots=True)
class Allowances:
    """The allowance of each kind of caller. The figures are ours: ten times what the busiest clinic needs (ADR 0010)."""

    client: Allowance = Allowance(burst=2_000, each_second=500, persons_an_hour=20_000)
    organisation: Allowance = Allowance(burst=1_000, each_second=200, persons_an_hour=5_000)
    practitioner: Allowance = Allowance(burst=600, each_second=50, persons_an_hour=200)
    citizen: Allowance = Allowance(burst=60, each_second=2, persons_an_hour=10)
    machine: Allowance = Allowance(burst=1_000, each_second=200, persons_an_hour=5_000)
    source: Allowance = Allowance(burst=20_000, each_second=4_000, persons_an_hour=0)
    """One address: only against a flood, since a proxy in front makes all callers one address."""

    def times(self, factor: int) -> Allowances:
        """The same budgets of persons, with so many times the requests."""
        made = {
            each.name: replace(one, burst=one.burst * factor, each_second=one.each_second * factor)
            for each in fields(self)
            for one in [getattr(self, each.name)]
        }
        return Allowances(**made)


_PERSONS = frozenset({ActorKind.CITIZEN, ActorKind.PROXY})


class Exceeded(Exception):
    """A caller has used what it may; `wait` is in whole seconds. `persons` is true where it was the budget of persons."""

    def __init__(self, kind: str, wait: int, *, persons: bool) -> None:
        super().__init__(kind)
        self.kind = kind
        self.wait = wait
        self.persons = persons


class _Use:
    """What one caller has used: tokens left in the bucket, and the persons of this hour and the one before."""

    __slots__ = ("at", "before", "fresh", "hour", "left", "persons")

    def __init__(self, burst: int, now: float) -> None:
        self.left = float(burst)
        self.at = now
        self.hour = now
        self.persons: set[bytes] = set()
        self.before: set[bytes] = set()
        self.fresh = 0  # persons of this hour who are not of the one before: counted, since a union would cost as many steps

    def take(self, allowance: Allowance, now: float) -> int:
        """Uses one request; the seconds to wait where there is none left, else 0."""
        left = self.left + (now - self.at) * allowance.each_second if now > self.at else self.left
        left = min(left, allowance.burst)
        self.at = now
        self.left = left if left < 1 else left - 1
        return 1 + int((1 - left) / allowance.each_second) if left < 1 else 0

    def meet(self, person: bytes, allowance: Allowance, now: float) -> int:
        """Counts a person; the seconds to wait where one more would be too many, else 0. A window of one to two hours."""
        if now - self.hour >= 3600:
            self.before = self.persons if now - self.hour < 7200 else set()
            self.persons, self.fresh, self.hour = set(), 0, now
        if person in self.persons:
            return 0
        if person not in self.before:
            if len(self.before) + self.fresh >= allowance.persons_an_hour:
                return 1 + int(3600 - (now - self.hour))
            self.fresh += 1
        self.persons.add(person)
        return 0


class Limits:
    """Counts what each caller uses. Persons are counted by a short hash, never kept by number."""

    def __init__(self, allowances: Allowances, *, salt: bytes) -> None:
        self._allowances = allowances
        self._salt = salt
        self._uses: OrderedDict[Hashable, _Use] = OrderedDict()
        self._sources: OrderedDict[Hashable, _Use] = OrderedDict()  # a flood of addresses forgets no caller

    def count_source(self, address: str, *, now: float) -> None:
        """One more request from an address, before anything of it is believed; raises Exceeded."""
        allowance = self._allowances.source
        if wait := _use(self._sources, address, allowance, now).take(allowance, now):
            raise Exceeded("source", wait, persons=False)

    def count(self, actor: Actor, patient: NationalIdentityNumber | None, *, now: float) -> None:
        """One more request of this actor; raises Exceeded where client, organisation or person has used what it may."""
        person = None if patient is None else self._hash(patient)
        for key, allowance in self._callers(actor):
            use, kind = _use(self._uses, key, allowance, now), key[0]
            if wait := use.take(allowance, now):
                raise Exceeded(kind, wait, persons=False)
            if person is not None and (wait := use.meet(person, allowance, now)):
                raise Exceeded(kind, wait, persons=True)

    def _callers(self, actor: Actor) -> Sequence[tuple[tuple[str, Hashable], Allowance]]:
        """The narrowest first: who has used up her own allowance uses nothing of her organisation's."""
        chosen = self._allowances
        if actor.kind in _PERSONS:
            return ((("citizen", self._hash(actor.nin) if actor.nin else b""), chosen.citizen),)
        client = (("client", actor.client_id), chosen.client)
        unit = actor.organisation
        wider = (client,) if unit is None else ((("organisation", unit.number), chosen.organisation), client)
        if actor.kind is ActorKind.PRACTITIONER:
            return ((("practitioner", actor.hpr_number), chosen.practitioner), *wider)
        if actor.kind is ActorKind.MACHINE:
            number = unit.number if unit else ""
            return ((("machine", (actor.client_id, number)), chosen.machine), *wider)
        return wider

    def _hash(self, person: NationalIdentityNumber) -> bytes:
        return blake2b(person.reveal().encode(), key=self._salt, digest_size=8).digest()


def _use(uses: OrderedDict[Hashable, _Use], key: Hashable, allowance: Allowance, now: float) -> _Use:
    use = uses.get(key)
    if use is None:
        use = uses[key] = _Use(allowance.burst, now)
        if len(uses) > MOST_CALLERS:
            uses.popitem(last=False)
    else:
        uses.move_to_end(key)
    return use
