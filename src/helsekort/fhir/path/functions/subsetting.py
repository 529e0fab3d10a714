"""Some of the items, other items of them, and items of two collections together (https://hl7.org/fhirpath/N1/#subsetting)."""

from __future__ import annotations

from helsekort.fhir.path.equality import contains, distinct
from helsekort.fhir.path.errors import PathError
from helsekort.fhir.path.functions.registry import Compile, Step, function, on_items
from helsekort.fhir.path.node import NONE, Node
from helsekort.fhir.path.scope import Env, Items
from helsekort.fhir.path.singles import condition, integer, single
from helsekort.fhir.path.syntax import Expression

# repeat() on what never stops growing is stopped here.
MOST_ITEMS = 50_000


@on_items("single")
def _single(env: Env, items: Items) -> Items:
    single(items)
    return items


@on_items("first")
def _first(env: Env, items: Items) -> Items:
    return items[:1]


@on_items("last")
def _last(env: Env, items: Items) -> Items:
    return items[-1:]


@on_items("tail")
def _tail(env: Env, items: Items) -> Items:
    return items[1:]


@on_items("skip", 1)
def _skip(env: Env, items: Items, number: Items) -> Items:
    return items[max(_number(number), 0) :]


@on_items("take", 1)
def _take(env: Env, items: Items, number: Items) -> Items:
    return items[: max(_number(number), 0)]


def _number(items: Items) -> int:
    number = integer(items)
    if number is None:
        raise PathError("skip() and take() need a number.")
    return number


@function("select", 1)
def _select(arguments: tuple[Expression, ...], compile_one: Compile) -> Step:
    projection = compile_one(arguments[0])

    def step(env: Env, items: Items, this: Items) -> Items:
        outer, found = env.index, list[Node]()
        for env.index, item in enumerate(items):
            found += projection(env, [item])
        env.index = outer
        return found

    return step


@function("repeat", 1)
def _repeat(arguments: tuple[Expression, ...], compile_one: Compile) -> Step:
    projection = compile_one(arguments[0])

    def step(env: Env, items: Items, this: Items) -> Items:
        found, waiting = list[Node](), list(items)
        while waiting:
            new = [one for one in projection(env, [waiting.pop(0)]) if not _seen(found, one)]
            found += distinct(new) if len(new) > 1 and new[0].is_system else new
            waiting += new
            if len(found) > MOST_ITEMS:
                raise PathError(f"repeat() gives more than {MOST_ITEMS} items.")
        return found

    return step


def _seen(found: list[Node], item: Node) -> bool:
    """Whether repeat() has had the item: an element by being the same one, a value made by being equal."""
    if item.is_system:
        return contains(found, item)
    if isinstance(item.value, dict):
        return False  # elements of a tree are met once
    return any(one.value is item.value and one.location == item.location for one in found)


@function("aggregate", 1, 2)
def _aggregate(arguments: tuple[Expression, ...], compile_one: Compile) -> Step:
    work, first = compile_one(arguments[0]), compile_one(arguments[1]) if len(arguments) > 1 else None

    def step(env: Env, items: Items, this: Items) -> Items:
        outer_index, outer_total = env.index, env.total
        env.total = first(env, this) if first else NONE
        for env.index, item in enumerate(items):
            env.total = work(env, [item])
        answer, env.index, env.total = env.total, outer_index, outer_total
        return answer

    return step


@function("iif", 2, 3)
def _iif(arguments: tuple[Expression, ...], compile_one: Compile) -> Step:
    criterion, then, *otherwise = (compile_one(one) for one in arguments)

    def step(env: Env, items: Items, this: Items) -> Items:
        single(items)
        if condition(criterion(env, items)) is True:
            return then(env, items)
        return otherwise[0](env, items) if otherwise else NONE

    return step


@on_items("union", 1)
def _union(env: Env, items: Items, other: Items) -> Items:
    return distinct([*items, *other])


@on_items("combine", 1)
def _combine(env: Env, items: Items, other: Items) -> Items:
    return [*items, *other]


@on_items("intersect", 1)
def _intersect(env: Env, items: Items, other: Items) -> Items:
    return [item for item in distinct(items) if contains(other, item)]


@on_items("exclude", 1)
def _exclude(env: Env, items: Items, other: Items) -> Items:
    return [item for item in items if not contains(other, item)]
