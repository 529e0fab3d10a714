"""What FHIR adds to FHIRPath (https://hl7.org/fhir/R4/fhirpath.html#functions)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from helsekort.fhir.path.errors import PathError
from helsekort.fhir.path.functions.registry import on_items
from helsekort.fhir.path.narrative import is_safe
from helsekort.fhir.path.node import FALSE, NONE, TRUE, Node, add_members, boolean, root
from helsekort.fhir.path.references import type_in
from helsekort.fhir.path.scope import Env, Items
from helsekort.fhir.path.singles import single, text
from helsekort.fhir.path.syntax import TypeName
from helsekort.fhir.path.types import is_kind

_CORE = "http://hl7.org/fhir/StructureDefinition/"


@on_items("extension", 1)
def _extension(env: Env, items: Items, url: Items) -> Items:
    wanted = text(url)
    found: Items = []
    for item in items:
        add_members(found, item, "extension", env.model)
    return [one for one in found if isinstance(one.value, dict) and one.value.get("url") == wanted]


@on_items("hasValue")
def _has_value(env: Env, items: Items) -> Items:
    return boolean(len(items) == 1 and items[0].value is not None and not isinstance(items[0].value, dict))


@on_items("getValue")
def _get_value(env: Env, items: Items) -> Items:
    return items if len(items) == 1 and not isinstance(items[0].value, dict | None) else NONE


@on_items("htmlChecks")
def _html_checks(env: Env, items: Items) -> Items:
    return boolean(all(isinstance(item.value, str) and is_safe(item.value) for item in items))


@on_items("resolve")
def _resolve(env: Env, items: Items) -> Items:
    return [found for item in items if (found := _resolved(env, item)) is not None]


def _resolved(env: Env, item: Node) -> Node | None:
    address = _address(item)
    if address is None:
        return None
    if address.startswith("#"):
        return next(_contained(env, address), None)
    found = env.scope.resolve(address) if env.scope.resolve else None
    return None if found is None else root(found)


def _address(item: Node) -> str | None:
    said = item.value.get("reference") if isinstance(item.value, dict) else item.value
    return said if isinstance(said, str) else None


def _contained(env: Env, address: str) -> Iterator[Node]:
    """The resource of a reference within the same one; `#` alone is the container."""
    for holder in (*env.resource, *env.root):
        if address == "#":
            yield holder
        found: Items = []
        add_members(found, holder, "contained", env.model)
        yield from (one for one in found if one.value.get("id") == address[1:])


def resolves_to(env: Env, items: Items, wanted: TypeName) -> Items:
    """`resolve() is T`: by what the reference itself says of its type, and only else by resolving it."""
    item = single(items)
    if item is None:
        return NONE
    said = type_in(item.value)
    if said:
        return boolean(wanted.space in ("", "FHIR") and is_kind(said, wanted.name, resource=True))
    found = _resolved(env, item)
    return NONE if found is None else boolean(found.is_a(wanted.space, wanted.name))


@on_items("memberOf", 1)
def _member_of(env: Env, items: Items, value_set: Items) -> Items:
    item, address = single(items), text(value_set)
    if item is None or address is None:
        return NONE
    if env.scope.member_of is None:
        raise PathError("The expression asks for a value set, and was given none.")
    return boolean(env.scope.member_of(item.value, address))


def _subsumes(env: Env, items: Items, other: Items) -> Items:
    raise PathError("subsumes() and subsumedBy() need a terminology, and there is none here.")


on_items("subsumes", 1)(_subsumes)
on_items("subsumedBy", 1)(_subsumes)


@on_items("conformsTo", 1)
def _conforms_to(env: Env, items: Items, profile: Items) -> Items:
    item, address = single(items), text(profile)
    if item is None or address is None:
        return NONE
    answer = _conforms(env, item, address)
    if answer is None:
        raise PathError("The profile that the expression asks for is not known.")
    return TRUE if answer else FALSE


def _conforms(env: Env, item: Node, profile: str) -> bool | None:
    answer: Any = env.scope.conforms(item.value, profile) if env.scope.conforms else None
    if answer is not None or not profile.startswith(_CORE):
        return answer  # type: ignore[no-any-return]
    return item.is_a("FHIR", profile.removeprefix(_CORE))


@on_items("checkModifiers", 1, 20)
def _check_modifiers(env: Env, items: Items, *allowed: Items) -> Items:
    known = {text(one) for one in allowed}
    found: Items = []
    for item in items:
        add_members(found, item, "modifierExtension", env.model)
    if any(one.value.get("url") not in known for one in found):
        raise PathError("There is a modifier extension that the expression does not know.")
    return items
