"""The codes of a FHIR value set, where they can be listed (https://hl7.org/fhir/R4/valueset.html#compositions)."""

from collections.abc import Iterable, Iterator
from typing import Any

Json = dict[str, Any]
Codes = dict[str, dict[str, None]]
"""Codes by system, in their order."""


class NotListableError(Exception):
    """The value set draws on a code system that is not here in full, or by a filter that is not understood."""


class Terminology:
    """CodeSystems and ValueSets by canonical URL."""

    def __init__(self, resources: Iterable[Json]) -> None:
        self._systems: dict[str, Json] = {}
        self._sets: dict[str, Json] = {}
        for one in resources:
            if one["resourceType"] == "CodeSystem":
                self._systems[one["url"]] = one
            elif one["resourceType"] == "ValueSet":
                self._sets[one["url"]] = one

    def expand(self, url: str) -> dict[str, list[str]] | None:
        """The codes of a value set by system; None when they cannot be listed."""
        try:
            return {system: list(codes) for system, codes in self._expand(url).items() if codes}
        except NotListableError:
            return None

    def _expand(self, url: str) -> Codes:
        row = self._sets.get(url.partition("|")[0])
        if row is None:
            raise NotListableError(url)
        found: Codes = {}
        for part in row["compose"]["include"]:
            for system, codes in self._part(part).items():
                found.setdefault(system, {}).update(codes)
        for part in row["compose"].get("exclude", ()):
            for system, codes in self._part(part).items():
                for code in codes:
                    found.get(system, {}).pop(code, None)
        return found

    def _part(self, part: Json) -> Codes:
        """What one include or exclude means: the codes of its system that are in all of its value sets."""
        found = [self._expand(url) for url in part.get("valueSet", ())]
        if "system" in part:
            found.append({part["system"]: dict.fromkeys(self._of_system(part))})
        first, *rest = found
        return {
            system: {code: None for code in codes if all(code in other.get(system, ()) for other in rest)}
            for system, codes in first.items()
        }

    def _of_system(self, part: Json) -> Iterator[str]:
        if "concept" in part:
            return (one["code"] for one in part["concept"])
        system = self._systems.get(part["system"])
        if system is None or system.get("content") != "complete":
            raise NotListableError(part["system"])
        chosen = [
            (one, above) for one, above in concepts(system.get("concept", ())) if all_hold(part, one, above)
        ]
        return (one["code"] for one, _ in chosen)


def concepts(
    rows: Iterable[Json], above: frozenset[str] = frozenset()
) -> Iterator[tuple[Json, frozenset[str]]]:
    """Every concept of a code system with the codes above it, as nested and as said by `subsumedBy`."""
    for row in rows:
        parents = above | {
            one["valueCode"]
            for one in row.get("property", ())
            if one["code"] == "subsumedBy" and "valueCode" in one
        }
        yield row, parents
        yield from concepts(row.get("concept", ()), parents | {row["code"]})


def all_hold(part: Json, concept: Json, above: frozenset[str]) -> bool:
    """Whether a concept passes every filter of an include."""
    return all(holds(one, concept, above) for one in part.get("filter", ()))


def holds(one: Json, concept: Json, above: frozenset[str]) -> bool:
    """Whether a concept passes one filter."""
    match one["property"], one["op"]:
        case "concept", "is-a":
            return bool(concept["code"] == one["value"] or one["value"] in above)
        case "concept", "descendent-of":
            return bool(one["value"] in above)
        case name, "=":
            return any(
                str(row.get("valueCode", row.get("valueString", row.get("valueBoolean")))) == one["value"]
                for row in concept.get("property", ())
                if row["code"] == name
            )
    raise NotListableError(one["op"])
