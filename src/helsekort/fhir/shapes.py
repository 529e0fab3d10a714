"""The data types of FHIR R4 that resources are made of, as plain JSON values (https://hl7.org/fhir/R4/datatypes.html)."""

from __future__ import annotations

from typing import Any

Resource = dict[str, Any]
"""A FHIR R4 resource as JSON: never changed once made; a new version is a new value."""

Json = dict[str, Any]


def coding(system: str, code: str, display: str | None = None) -> Json:
    """A Coding; `display` only where it is known."""
    made: Json = {"system": system, "code": code}
    if display is not None:
        made["display"] = display
    return made


def concept(*codings: Json) -> Json:
    """A CodeableConcept of one or more Codings, the most local first."""
    return {"coding": list(codings)}


def code_in(coded: Json | list[Json] | None, system: str) -> str | None:
    """The code that a CodeableConcept, or a list of Codings as a Questionnaire's is, has in a system, or None."""
    codings = coded if isinstance(coded, list) else (coded or {}).get("coding", ())
    for one in codings:
        if one.get("system") == system:
            code: str | None = one.get("code")
            return code
    return None


def each(resource: Json, element: str) -> list[Json]:
    """The objects of an element: FHIR lets some repeat in one type and not in another, as `focus` and `identifier`."""
    found = resource.get(element, [])
    return found if isinstance(found, list) else [found]


def local_reference(kind: str, id_: str) -> Json:
    """A reference to a resource of the same server, relative to its base: "Patient/123"."""
    return {"reference": f"{kind}/{id_}"}


def logical_reference(kind: str, *, system: str, value: str, display: str, id_: str = "") -> Json:
    """A reference to somebody or something by a register's identifier (Reference.identifier); empty parts are left out.

    `id_` where the same server has a resource for them too.
    """
    made: Json = local_reference(kind, id_) if id_ else {}
    made["type"] = kind
    if value:
        made["identifier"] = {"system": system, "value": value}
    if display:
        made["display"] = display
    return made


def extension(url: str, **value: Any) -> Json:  # noqa: ANN401 - value[x] is any data type
    """An extension with its one value[x]."""
    return {"url": url, **value}


def extension_value(holder: Json, url: str, name: str) -> Any:  # noqa: ANN401 - value[x] is any data type
    """The value[x] of the first extension with the URL, or None."""
    for one in holder.get("extension", ()):
        if one.get("url") == url:
            return one.get(name)
    return None
