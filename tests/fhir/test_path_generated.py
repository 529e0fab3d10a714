"""FHIRPath on whatever comes: clear errors only, the short way as the full way, operators in their order, values read back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from helsekort.fhir.path import PathError, Scope, compile_path, root
from helsekort.fhir.path.fast import fast_test, fast_values
from helsekort.fhir.path.functions.registry import FUNCTIONS
from helsekort.fhir.path.moments import Moment, equal_moments, moved, order_of, parse_date, parse_date_time
from helsekort.fhir.path.parser import _BINDING, parse_path
from helsekort.fhir.path.path import Path
from helsekort.fhir.path.plain import Slow
from helsekort.fhir.path.quantities import Quantity, order_of_quantities
from helsekort.fhir.path.syntax import Literal, Operation

NAMES = [
    "name",
    "given",
    "value",
    "effective",
    "code",
    "coding",
    "system",
    "reference",
    "extension",
    "start",
    "id",
    "text",
]
PRIMITIVES = st.one_of(
    st.booleans(),
    st.integers(-5, 5),
    st.decimals(-10, 10, places=2),
    st.sampled_from(
        ["", "a", "final", "2026", "2026-03-09", "2026-03-09T09:30:00Z", "Patient/1", "10:30", "mg"]
    ),
)
KEYS = st.sampled_from(
    [*NAMES, "valueQuantity", "valueString", "effectiveDateTime", "_valueString", "_text", "valueReference"]
)


def _objects(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.dictionaries(KEYS, st.one_of(inner, st.lists(inner, min_size=1, max_size=3)), max_size=5)


JSON = st.recursive(PRIMITIVES, _objects, max_leaves=12)
RESOURCES = _objects(JSON).map(lambda members: {"resourceType": "Observation", **members})

_CHAIN = st.lists(st.sampled_from(NAMES), min_size=1, max_size=3).map(".".join)
_HEADS = st.one_of(_CHAIN, _CHAIN.map(lambda chain: f"Observation.{chain}"), st.just("$this"))
_WORDS = st.sampled_from(["'a'", "'final'", "true", "'2026'", "''"])
_TYPES = st.sampled_from(["Quantity", "string", "Reference", "dateTime"])


def _plain_tests(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.one_of(
        st.tuples(inner, st.sampled_from(["and", "or", "xor", "implies"]), inner).map(
            lambda of: f"({' '.join(of)})"
        ),
        inner.map(lambda test: f"{test}.not()"),
        st.tuples(_HEADS, st.sampled_from(["exists", "all"]), inner).map(
            lambda of: f"{of[0]}.{of[1]}({of[2]})"
        ),
        st.tuples(_HEADS, inner).map(lambda of: f"{of[0]}.where({of[1]}).exists()"),
    )


PLAIN_TESTS = st.recursive(
    st.one_of(
        _HEADS.map(lambda head: f"{head}.exists()"),
        _HEADS.map(lambda head: f"{head}.empty()"),
        _HEADS.map(lambda head: f"{head}.hasValue()"),
        st.tuples(_HEADS, st.sampled_from(["=", "!="]), _WORDS).map(lambda of: f"({' '.join(of)})"),
        st.tuples(_HEADS, st.sampled_from(["<", "<=", ">", ">="]), _HEADS).map(
            lambda of: f"({' '.join(of)})"
        ),
        st.tuples(_HEADS, _HEADS).map(lambda of: f"iif({of[0]} > {of[1]}, false, true)"),
        _HEADS.map(lambda head: f"{head}.startsWith('a')"),
        _HEADS.map(lambda head: f"({head} in ('a' | 'final'))"),
        _HEADS.map(lambda head: f"({head}.resolve() is Patient)"),
    ),
    _plain_tests,
    max_leaves=5,
)
PLAIN_VALUES = st.one_of(
    _HEADS,
    st.tuples(_HEADS, PLAIN_TESTS).map(lambda of: f"{of[0]}.where({of[1]})"),
    st.tuples(_HEADS, _HEADS).map(" | ".join),
    st.tuples(_HEADS, _TYPES).map(lambda of: f"({of[0]}.value as {of[1]})"),
    st.tuples(_HEADS, _TYPES).map(lambda of: f"{of[0]}.value.ofType({of[1]}).first()"),
)


@settings(max_examples=200, deadline=None)
@given(RESOURCES, PLAIN_TESTS)
def test_the_short_way_tests_as_the_full_way(resource: dict[str, Any], expression: str) -> None:
    short = fast_test(parse_path(expression))
    if short is None:
        return
    try:
        said = short(Scope(resource=resource), resource)
    except Slow:
        return
    found = _full(expression, resource)
    assert ([] if said is None else [said]) == found


@settings(max_examples=200, deadline=None)
@given(RESOURCES, PLAIN_VALUES)
def test_the_short_way_gives_the_values_of_the_full_way(resource: dict[str, Any], expression: str) -> None:
    short = fast_values(parse_path(expression))
    if short is None:
        return
    try:
        said = short(Scope(resource=resource), resource)
    except Slow:
        return
    assert said == _full(expression, resource)


def _full(expression: str, resource: dict[str, Any]) -> list[Any]:
    """By the full way, which nodes() always takes."""
    return [node.value for node in Path(expression).nodes(resource, Scope(resource=resource))]


def _literals() -> st.SearchStrategy[str]:
    return st.sampled_from(
        [
            "1",
            "2.50",
            "'a'",
            "true",
            "{}",
            "@2026",
            "@2026-03-09T09:30:00Z",
            "@T10:30",
            "5 'mg'",
            "2 weeks",
            "''",
            "@2026-02",
        ]
    )


def _calls(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    def call(of: tuple[str, str, list[str]]) -> str:
        least = FUNCTIONS[of[1]].least
        arguments = (of[2] * 3)[:least]
        if of[1] in ("is", "as", "ofType"):
            arguments = ["Quantity"]
        return f"({of[0]}).{of[1]}({', '.join(arguments)})"

    names = st.sampled_from(sorted(FUNCTIONS))
    return st.one_of(
        st.tuples(inner, names, st.lists(inner, min_size=1, max_size=3)).map(call),
        st.tuples(inner, st.sampled_from([one for one in _BINDING if one not in ("is", "as")]), inner).map(
            lambda of: f"({' '.join(of)})"
        ),
        inner.map(lambda one: f"-({one})"),
        inner.map(lambda one: f"({one})[0]"),
        st.tuples(inner, _TYPES).map(lambda of: f"({of[0]} is {of[1]})"),
    )


ANY_EXPRESSION = st.recursive(
    st.one_of(_literals(), _CHAIN, st.sampled_from(["$this", "$index", "%resource"])), _calls, max_leaves=8
)


@settings(max_examples=400, deadline=None)
@given(ANY_EXPRESSION, RESOURCES)
def test_whatever_is_asked_only_a_clear_error_comes(expression: str, resource: dict[str, Any]) -> None:
    scope = Scope(now=datetime(2026, 3, 9, tzinfo=UTC))
    said = _error(lambda: [node.location for node in compile_path(expression).nodes(resource, scope)])
    assert said.endswith(".")
    assert _error(lambda: compile_path(expression).test(resource, scope)).endswith(".")


def _error(act: Callable[[], object]) -> str:
    """What a PathError says; every other exception fails the test."""
    try:
        act()
    except PathError as error:
        return str(error)
    return "No error."


@settings(max_examples=200, deadline=None)
@given(
    st.text(max_size=40) | st.text(alphabet="name.()[]'@$%{}|&<>=~!+-*/0123456789 \n`\\Tisandor", max_size=60)
)
def test_whatever_is_written_only_a_clear_error_comes(expression: str) -> None:
    assert _error(lambda: compile_path(expression)).endswith(".")


_OPERATORS = [one for one in _BINDING if one not in ("is", "as")]


@given(st.lists(st.sampled_from(_OPERATORS), min_size=1, max_size=6))
def test_operators_bind_as_the_table_says(operators: list[str]) -> None:
    tree = parse_path("0" + "".join(f" {operator} {number}" for number, operator in enumerate(operators, 1)))
    _check(tree, operators, 0)


def _check(tree: object, operators: list[str], first: int) -> None:
    """The top is the last of the loosest operators, and so on both sides of it."""
    if not operators:
        assert tree == Literal(first)
        return
    loosest = min(_BINDING[one] for one in operators)
    place = max(at for at, one in enumerate(operators) if _BINDING[one] == loosest)
    assert isinstance(tree, Operation)
    assert tree.operator == operators[place]
    _check(tree.left, operators[:place], first)
    _check(tree.right, operators[place + 1 :], first + place + 1)


@st.composite
def moments(draw: st.DrawFn) -> Moment:
    """A date or a date with a time, of any precision and with any offset."""
    day = draw(st.dates())
    clock = (
        draw(st.integers(0, 23)),
        draw(st.integers(0, 59)),
        draw(st.integers(0, 59) | st.decimals(0, 59, places=3)),
    )
    parts = (day.year, day.month, day.day, *clock)[: draw(st.integers(1, 6))]
    offset = (
        draw(st.none() | st.integers(-47, 56).map(lambda quarter: quarter * 15)) if len(parts) > 3 else None
    )
    return Moment("DateTime" if len(parts) > 3 else "Date", parts, offset)


@given(moments())
def test_a_moment_is_read_back_as_written(moment: Moment) -> None:
    parse = parse_date if moment.kind == "Date" else parse_date_time
    assert parse(str(moment)) == moment
    assert equal_moments(moment, moment) is True


@given(moments(), moments())
def test_order_is_the_same_from_both_sides(one: Moment, other: Moment) -> None:
    found, back = order_of(one, other), order_of(other, one)
    assert back == (None if found is None else -found)


@given(moments(), st.integers(-1000, 1000), st.sampled_from(["day", "week", "hour", "minute"]))
def test_a_day_later_and_earlier_is_the_same_day(moment: Moment, amount: int, unit: str) -> None:
    if len(moment.parts) < 5:
        return
    later = moved(moment, Decimal(amount), unit)
    if later is not None:
        assert moved(later, Decimal(-amount), unit) == moment


UNITS = st.sampled_from(
    ["kg", "g", "mg", "cm", "m", "mm", "d", "wk", "h", "mmol/L", "g/dL", "g/L", "1", "%", "ukjent"]
)


@given(st.decimals(0, 1000, places=2), UNITS, st.decimals(0, 1000, places=2), UNITS)
def test_quantities_are_ordered_the_same_from_both_sides(
    one: Decimal, unit: str, other: Decimal, its: str
) -> None:
    mine, theirs = Quantity(one, unit), Quantity(other, its)
    found, back = order_of_quantities(mine, theirs), order_of_quantities(theirs, mine)
    assert back == (None if found is None else -found)


@given(st.decimals(-1000, 1000, places=4), UNITS)
def test_a_quantity_is_read_back_as_written(value: Decimal, unit: str) -> None:
    quantity = Quantity(value, unit)
    (found,) = compile_path("%text.toQuantity() = %quantity").nodes({}, text=str(quantity), quantity=quantity)
    assert found.value is True


_PLAIN_KEYS = st.sampled_from(["name", "code", "coding", "text", "contained", "extension"])
PLAIN = st.recursive(
    PRIMITIVES,
    lambda inner: st.dictionaries(_PLAIN_KEYS, inner | st.lists(inner, min_size=1, max_size=3), max_size=4),
    max_leaves=8,
).filter(lambda json: isinstance(json, dict))


@given(
    PLAIN,
    st.sampled_from(["Quantity", "String", "Period"]),
    st.dictionaries(st.just("code"), PRIMITIVES),
)
def test_every_place_finds_its_own_value(resource: dict[str, Any], kind: str, value: dict[str, Any]) -> None:
    """A location is itself an expression for the item."""
    resource = {"resourceType": "Observation", **resource, f"value{kind}": [value, "a"]}
    for node in compile_path("descendants()").nodes(resource):
        (found,) = compile_path(node.location).nodes(root(resource))
        assert found.value is node.value
