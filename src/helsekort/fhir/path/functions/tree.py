"""Steps through a resource, types, time and trace (https://hl7.org/fhirpath/N1/#tree-navigation, #utility-functions)."""

from __future__ import annotations

from datetime import datetime

from helsekort.fhir.path.errors import PathError
from helsekort.fhir.path.functions.registry import Compile, Step, function, on_items
from helsekort.fhir.path.moments import Moment, of_instant
from helsekort.fhir.path.node import NONE, Node, add_children, boolean, descendants, made
from helsekort.fhir.path.parser import type_written
from helsekort.fhir.path.scope import Env, Items
from helsekort.fhir.path.singles import single, text
from helsekort.fhir.path.syntax import Expression, TypeName
from helsekort.fhir.path.types import SYSTEM_TYPES


@on_items("children")
def _children(env: Env, items: Items) -> Items:
    found: Items = []
    for item in items:
        add_children(found, item, env.model)
    return found


@on_items("descendants")
def _descendants(env: Env, items: Items) -> Items:
    return [one for item in items for one in descendants(item, env.model)]


@function("is", 1)
def _is(arguments: tuple[Expression, ...], compile_one: Compile) -> Step:
    wanted = known_type(type_written(arguments[0]))
    return lambda _env, items, _this: is_type(items, wanted)


def is_type(items: Items, wanted: TypeName) -> Items:
    """Whether the only item is of a type."""
    item = single(items)
    return NONE if item is None else boolean(item.is_a(wanted.space, wanted.name))


@function("as", 1)
def _as(arguments: tuple[Expression, ...], compile_one: Compile) -> Step:
    return _of_type(arguments, compile_one)


@function("ofType", 1)
def _of_type(arguments: tuple[Expression, ...], compile_one: Compile) -> Step:
    wanted = known_type(type_written(arguments[0]))
    return lambda _env, items, _this: of_type(items, wanted)


def of_type(items: Items, wanted: TypeName) -> Items:
    """The items of a type. `as` does the same on several items, as R4's own search parameters need."""
    return [item for item in items if item.is_a(wanted.space, wanted.name)]


def known_type(wanted: TypeName) -> TypeName:
    """Refuses a type that is in neither space."""
    if wanted.space not in ("", "FHIR", "System"):
        raise PathError("A type is one of FHIR's or of System's.")
    if wanted.space == "System" and wanted.name not in SYSTEM_TYPES and wanted.name[0].islower():
        raise PathError("System has no such type.")
    return wanted


@on_items("type")
def _type(env: Env, items: Items) -> Items:
    return [_class_of(item) for item in items]


def _class_of(item: Node) -> Node:
    space, name = ("System", item.type[7:]) if item.is_system else ("FHIR", item.type)
    return Node({"namespace": space, "name": name}, "System.SimpleTypeInfo")


@function("trace", 1, 2)
def _trace(arguments: tuple[Expression, ...], compile_one: Compile) -> Step:
    label, *shown = (compile_one(one) for one in arguments)

    def step(env: Env, items: Items, this: Items) -> Items:
        seen = [one for item in items for one in shown[0](env, [item])] if shown else items
        env.scope.trace(text(label(env, this)) or "", seen)
        return items

    return step


def _now(env: Env) -> datetime:
    if env.scope.now is None:
        raise PathError("The expression asks what time it is, and was not told.")
    return env.scope.now


@on_items("now")
def _now_items(env: Env, items: Items) -> Items:
    return [made(of_instant(_now(env)))]


@on_items("today")
def _today(env: Env, items: Items) -> Items:
    return [made(Moment("Date", of_instant(_now(env)).parts[:3]))]


@on_items("timeOfDay")
def _time_of_day(env: Env, items: Items) -> Items:
    return [made(Moment("Time", of_instant(_now(env)).parts[3:]))]
