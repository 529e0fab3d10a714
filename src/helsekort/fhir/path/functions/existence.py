"""Whether something is there, and how many (https://hl7.org/fhirpath/N1/#existence)."""

from __future__ import annotations

from helsekort.fhir.path.equality import contains, distinct
from helsekort.fhir.path.errors import PathError
from helsekort.fhir.path.functions.registry import Compile, Step, function, on_items
from helsekort.fhir.path.node import FALSE, NONE, TRUE, Node, boolean, made
from helsekort.fhir.path.scope import Env, Items
from helsekort.fhir.path.singles import condition, truth
from helsekort.fhir.path.syntax import Expression


@function("exists", 0, 1)
def _exists(arguments: tuple[Expression, ...], compile_one: Compile) -> Step:
    if not arguments:
        return lambda _env, items, _this: TRUE if items else FALSE
    kept = where(arguments, compile_one)
    return lambda env, items, this: TRUE if kept(env, items, this) else FALSE


@function("where", 1)
def where(arguments: tuple[Expression, ...], compile_one: Compile) -> Step:
    """The items for which a criterion is true."""
    criterion = compile_one(arguments[0])

    def step(env: Env, items: Items, this: Items) -> Items:
        outer, kept = env.index, []
        for env.index, item in enumerate(items):
            if condition(criterion(env, [item])) is True:
                kept.append(item)
        env.index = outer
        return kept

    return step


@function("all", 1)
def _all(arguments: tuple[Expression, ...], compile_one: Compile) -> Step:
    criterion = compile_one(arguments[0])

    def step(env: Env, items: Items, this: Items) -> Items:
        outer, answer = env.index, TRUE
        for env.index, item in enumerate(items):
            if truth(criterion(env, [item])) is not True:
                answer = FALSE
                break
        env.index = outer
        return answer

    return step


@on_items("empty")
def _empty(env: Env, items: Items) -> Items:
    return FALSE if items else TRUE


@on_items("not")
def _not(env: Env, items: Items) -> Items:
    said = truth(items)
    return NONE if said is None else boolean(not said)


@on_items("count")
def _count(env: Env, items: Items) -> Items:
    return [made(len(items))]


def _truths(items: Items) -> list[bool]:
    values = [item.value for item in items]
    if not all(isinstance(value, bool) for value in values):
        raise PathError("Every item must be true or false here.")
    return values


@on_items("allTrue")
def _all_true(env: Env, items: Items) -> Items:
    return boolean(all(_truths(items)))


@on_items("anyTrue")
def _any_true(env: Env, items: Items) -> Items:
    return boolean(any(_truths(items)))


@on_items("allFalse")
def _all_false(env: Env, items: Items) -> Items:
    return boolean(not any(_truths(items)))


@on_items("anyFalse")
def _any_false(env: Env, items: Items) -> Items:
    return boolean(not all(_truths(items)))


@on_items("distinct")
def _distinct(env: Env, items: Items) -> Items:
    return distinct(items)


@on_items("isDistinct")
def _is_distinct(env: Env, items: Items) -> Items:
    return boolean(len(distinct(items)) == len(items))


@on_items("subsetOf", 1)
def _subset_of(env: Env, items: Items, other: Items) -> Items:
    return boolean(_all_in(items, other))


@on_items("supersetOf", 1)
def _superset_of(env: Env, items: Items, other: Items) -> Items:
    return boolean(_all_in(other, items))


def _all_in(items: list[Node], other: list[Node]) -> bool:
    return all(contains(other, item) for item in items)
