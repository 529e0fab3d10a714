"""A resource that came by FHIR, after the JSON contract has given its place another value.

What told of the value that is gone goes with it, and is in the resource's history; everything else stays as it was sent.
"""

from __future__ import annotations

from helsekort.fhir.shapes import Json, Resource, extension
from helsekort.maternity.moments import day_of
from helsekort.maternity.uris import (
    ASIDE,
    AUTHOR_ORGANISATION,
    CARD_PLACE,
    ORIGIN,
    RECORD_STATUS,
    RECORDED_BY,
)

_OF_THE_VALUE = frozenset({"component", "interpretation", "dataAbsentReason", "text"})
_OWN = frozenset({AUTHOR_ORGANISATION, ORIGIN, RECORD_STATUS})
"""Extensions that tell of the value or of who made it: how the old one came to be says nothing of the new."""
_KEPT = (
    "category",
    "code",
    "subject",
    "focus",
    "identifier",
    "encounter",
    "class",
    "participant",
    "serviceProvider",
    "type",
)
"""What the contract says nothing of when it changes a value."""


def extension_holder(meta: Json, url: str) -> Json | None:
    """The extension with the URL, or None."""
    for one in meta.get("extension", ()):
        if one.get("url") == url:
            found: Json = one
            return found
    return None


def came_by_fhir(resource: Resource) -> bool:
    """True for what a FHIR client wrote, whoever has changed it since."""
    meta = resource["meta"]
    return "extension" in meta and extension_holder(meta, RECORDED_BY) is not None


def replaced_by(old: Resource, made: Resource, recorded_by: list[Json]) -> Resource:
    """The next version of `old`, with the value of `made`, registered by those who made it."""
    dated = any(_is_date(name) for name in made)
    kept = {
        name: value
        for name, value in old.items()
        if not _tells_of_value(name) and not (dated and _is_date(name))
    }
    new = kept | {name: value for name, value in made.items() if name not in _KEPT or name not in kept}
    new["meta"] = _meta(old["meta"], made["meta"], recorded_by)
    extensions = [one for one in old.get("extension", ()) if one.get("url") not in _OWN]
    extensions += made.get("extension", ())
    new.pop("extension", None)
    if extensions:
        new["extension"] = extensions
    if "period" in old and "period" in made:
        new["period"] = _period(old["period"], made["period"])
    return new


def _is_date(name: str) -> bool:
    """True for a clinical date: a resource has one at most."""
    return name.lstrip("_").startswith("effective")


def _tells_of_value(name: str) -> bool:
    return name in _OF_THE_VALUE or name.lstrip("_").startswith("value")


def _meta(old: Json, made: Json, recorded_by: list[Json]) -> Json:
    kept = [one for one in old["extension"] if one.get("url") != RECORDED_BY]
    return old | made | {"extension": [*kept, {"url": RECORDED_BY, "extension": recorded_by}]}


def _period(old: Json, made: Json) -> Json:
    """The period from its new start; an end before that is no longer true. The same day keeps its time."""
    if day_of(old.get("start")) == made["start"]:
        return old
    end = day_of(old.get("end"))
    if end is None or end < str(day_of(made["start"])):
        return made
    return old | {"start": made["start"]}


def set_aside(resource: Resource, meta: Json) -> Resource:
    """The resource's next version, shown nowhere by the JSON contract; `meta` has its version and time."""
    extensions = [one for one in resource["meta"].get("extension", ()) if one.get("url") != CARD_PLACE]
    placed = [*extensions, extension(CARD_PLACE, valueString=ASIDE)]
    return resource | {"meta": resource["meta"] | meta | {"extension": placed}}
