"""What one search parameter is asked for, as it is handed to the file of its type, and what that file makes of it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from typing import Any, NoReturn

import msgspec

from helsekort.basics.refusal import Issue, Kind, Refused
from helsekort.fhir.search.parameter import Offered, SearchParameter

Match = Callable[[Sequence[Any]], bool]
"""Whether the values a resource has for a parameter satisfy what is asked."""

ValueSets = Callable[[str], "frozenset[tuple[str, str]] | None"]
"""The (system, code) pairs of a value set by its canonical URL, or None where it is not known."""


Canonical = Callable[[str], str]
"""The one URI that a code system is compared by, whichever of its spellings is in use."""


def no_value_sets(url: str) -> None:
    """Knows no value set."""


def as_spelt(system: str) -> str:
    """The system itself: no two spellings are of one code system."""
    return system


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Setting:
    """What every parameter of a search is read by; made once for a service, and known by identity.

    `base` is the service's own base URL without the last slash, `zone` the time zone of a date that names none. `canonical`
    tells which spellings are of one code system, both in what is asked and in what is stored.
    """

    offered: Offered
    base: str
    zone: tzinfo
    value_sets: ValueSets = no_value_sets
    canonical: Canonical = as_spelt


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """One parameter with its modifier and the alternatives between commas, still escaped; `where` names it in a refusal."""

    where: str
    parameter: SearchParameter
    modifier: str
    texts: tuple[str, ...]
    setting: Setting

    def refuse(self, what: str, hint: str = "") -> NoReturn:
        """Refuses the parameter; neither sentence repeats what was sent."""
        raise refused(self.where, what, hint)


class Compiled(msgspec.Struct, frozen=True):
    """What is asked of a resource's values, and texts of which one is in the JSON of every resource that matches.

    No texts at all says nothing about the JSON. `links`: references of which each is by itself enough to match.
    """

    match: Match
    holding: tuple[bytes, ...] = ()
    links: frozenset[str] = frozenset()


def refused(where: str, what: str, hint: str = "") -> Refused:
    """The refusal of one parameter."""
    return Refused(Kind.INVALID_PARAMETER, [Issue(what, name_of(where), hint)])


_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.:-]{0,127}")
_MANY_DIGITS = re.compile("[0-9]{5}")


def name_of(name: str) -> str:
    """A parameter's name as it may be repeated: words only, since anything may be sent as a name.

    >>> name_of("subject:Patient.identifier"), name_of("01819012345")
    ('subject:Patient.identifier', '(a name that is not a word)')
    """
    return name if _NAME.fullmatch(name) and not _MANY_DIGITS.search(name) else "(a name that is not a word)"


def listed(words: Iterable[str]) -> str:
    """Words for a hint, in alphabetical order."""
    return ", ".join(sorted(words))
