"""How a function is registered: its name, how many arguments it takes, and how it becomes a step of a compiled expression."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from helsekort.fhir.path import singles
from helsekort.fhir.path.node import NONE, made
from helsekort.fhir.path.scope import Env, Items, Run
from helsekort.fhir.path.syntax import Expression

Step = Callable[[Env, Items, Items], Items]
"""What a function gives for its input and for $this, on which its arguments are worked out."""

Compile = Callable[[Expression], Run]
Make = Callable[[tuple[Expression, ...], Compile], Step]


@dataclass(frozen=True, slots=True)
class Function:
    """A function: the fewest and the most arguments, and what makes a step of them."""

    least: int
    most: int
    make: Make


FUNCTIONS: dict[str, Function] = {}


def function(name: str, least: int = 0, most: int | None = None) -> Callable[[Make], Make]:
    """Registers what makes a step of the arguments as they are written."""

    def register(make: Make) -> Make:
        FUNCTIONS[name] = Function(least, least if most is None else most, make)
        return make

    return register


def on_items(name: str, least: int = 0, most: int | None = None) -> Callable[[Callable[..., Items]], None]:
    """Registers `work(env, items, *arguments)`, the arguments worked out as collections."""

    def register(work: Callable[..., Items]) -> None:
        def make(arguments: tuple[Expression, ...], compile_one: Compile) -> Step:
            runs = [compile_one(one) for one in arguments]
            return lambda env, items, this: work(env, items, *(run(env, this) for run in runs))

        FUNCTIONS[name] = Function(least, least if most is None else most, make)

    return register


def by_item(
    name: str, *takes: Callable[[Items], Any], least: int | None = None
) -> Callable[[Callable[..., Any]], None]:
    """Registers `work(value, *arguments)` on one item by the reader in `takes[0]`, the arguments by the others.

    Empty where the item or an argument is; None is the empty collection, a list becomes several items.
    """
    most = len(takes) - 1

    def register(work: Callable[..., Any]) -> None:
        def make(arguments: tuple[Expression, ...], compile_one: Compile) -> Step:
            runs = [(take, compile_one(one)) for take, one in zip(takes[1:], arguments, strict=False)]

            def step(env: Env, items: Items, this: Items) -> Items:
                values = [takes[0](items), *(take(run(env, this)) for take, run in runs)]
                return NONE if None in values else collection(work(*values))

            return step

        FUNCTIONS[name] = Function(most if least is None else least, most, make)

    return register


def collection(value: Any) -> Items:  # noqa: ANN401 - a value of FHIRPath, several, or None
    """A value as a collection."""
    if value is None:
        return NONE
    return [made(one) for one in value] if isinstance(value, list) else [made(value)]


text, integer = singles.text, singles.integer
