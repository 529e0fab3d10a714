"""What clients may send, as Hypothesis strategies from the catalogue: every field, nulls, odd spellings, unknown properties."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from helsekort.basics.number_in_text import holds_national_identity_number
from helsekort.maternity.body import FETUS_NUMBER
from helsekort.maternity.fields import Field
from helsekort.maternity.tree import Array, Shape, shape_of
from helsekort.maternity.values import BloodPressureValue, CodedValue, NumberValue, TextValue
from helsekort.terminology.code_systems import VOLVEN

Json = Any

_TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=12)
_PLAIN = _TEXT.filter(lambda text: not holds_national_identity_number(text))
_SMALL = st.integers(-(10**9), 10**9)
_DECIMALS = st.decimals(-1000, 1000, places=3, allow_nan=False)
_ANYTHING = st.recursive(
    st.none() | st.booleans() | _SMALL | _DECIMALS | _PLAIN,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(_PLAIN, inner, max_size=2),
    max_leaves=4,
)


def unknown_properties(known: set[str]) -> st.SearchStrategy[dict[str, Json]]:
    """Properties the contract does not name, of any shape."""
    names = _PLAIN.filter(lambda name: name not in known and name != "metadata")
    return st.dictionaries(names, _ANYTHING, max_size=2)


def field_value(field: Field) -> st.SearchStrategy[Json]:
    """What a client may send for a field, in any spelling that is taken."""
    kind = field.value
    if isinstance(kind, NumberValue):
        return _number(kind)
    if isinstance(kind, TextValue):
        return st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=min(20, kind.longest))
    if isinstance(kind, CodedValue):
        return _coded(kind)
    if isinstance(kind, BloodPressureValue):
        return _pressure()
    if field.choices:
        return _choice(field)
    return {"boolean": st.booleans(), "date": _dates(), "moment": _moments()}[field.type]


def _number(kind: NumberValue) -> st.SearchStrategy[Json]:
    whole = st.integers(int(kind.least), int(kind.most))
    if kind.whole:
        return whole | whole.map(lambda number: Decimal(f"{number}.0"))
    places = st.integers(0, 3)
    return whole | places.flatmap(lambda count: st.decimals(kind.least, kind.most, places=count))


def _coded(kind: CodedValue) -> st.SearchStrategy[Json]:
    number = kind.system.number
    spellings = [
        f"VOLVEN_{number}",
        f"urn:oid:{VOLVEN}{number}",
        f"{VOLVEN}{number}",
        f"http://helsedir.no/fhir/CodeSystem/no-kodeverk-{number}",
        f"http://ehelse.no/fhir/CodeSystem/no-kodeverk-{number}",
        f"http://helsenorge.no/fhir/CodeSystem/no-kodeverk-{number}.codesystem",
    ]
    known = (
        st.sampled_from(sorted(kind.system.codes))
        if kind.system.codes
        else st.sampled_from(["NO", "PL", "SO"])
    )
    codes = known | st.from_regex(kind.system.shape, fullmatch=True) if kind.system.shape else known
    optional = {"display": st.none() | _PLAIN, "codeSystem": st.none() | st.sampled_from(spellings)}
    made = st.fixed_dictionaries({"code": codes}, optional=optional)
    return st.builds(
        lambda one, more: one | more, made, unknown_properties({"code", "display", "codeSystem"})
    )


def _pressure() -> st.SearchStrategy[str]:
    spaced = st.sampled_from(["{}/{}", " {} / {}", "{}/{} mmHg", "{}/{}mmhg ", "{} /{}"])
    pairs = st.tuples(st.integers(100, 350), st.integers(10, 99))
    return st.builds(lambda pair, form: form.format(*pair), pairs, spaced)


def _choice(field: Field) -> st.SearchStrategy[str]:
    spellings = [word for choice in field.choices for word in (choice.v1, *choice.also)]
    return st.sampled_from(
        [form(word) for word in spellings for form in (str, str.upper, str.lower, str.title)]
    )


def _dates() -> st.SearchStrategy[str]:
    days = st.dates(date(1990, 1, 1), date(2099, 12, 31)).map(date.isoformat)
    return days | days.map(lambda day: f"{day}T00:00:00")


def _moments() -> st.SearchStrategy[str]:
    forms = st.sampled_from(["", "T14:05", "T03:10:59", "T23:59:59.123Z", "T02:30:00+02:00"])
    return st.builds(
        lambda day, clock: day + clock,
        st.dates(date(2000, 1, 1), date(2099, 12, 30)).map(date.isoformat),
        forms,
    )


@st.composite
def sections(draw: st.DrawFn, name: str) -> dict[str, Json]:
    """A body for one section; what the contract requires is there."""
    body = draw(_objects(shape_of(name)))
    if name == "antenatalAppointments":
        body["appointmentDate"] = draw(_dates())
    return body


@st.composite
def _objects(draw: st.DrawFn, shape: Shape) -> dict[str, Json]:
    made: dict[str, Json] = {}
    for name in draw(st.permutations(sorted(shape))) if draw(st.booleans()) else shape:
        how = draw(st.sampled_from(["value", "value", "null", "absent"]))
        if how == "null":
            made[name] = None
        elif how == "value":
            made[name] = draw(_node(shape[name]))
    return made | draw(unknown_properties(set(shape)))


def _node(node: Field | Array | Shape) -> st.SearchStrategy[Json]:
    if isinstance(node, Field):
        return field_value(node)
    if isinstance(node, Array):
        return _arrays(node)
    return _objects(node)


@st.composite
def _arrays(draw: st.DrawFn, array: Array) -> list[Json]:
    items = draw(st.lists(_objects(array.children), max_size=3))
    if array.key == FETUS_NUMBER:  # the same fetus twice is refused
        numbers = draw(st.permutations([1, 2, 3]))
        for item, number in zip(items, numbers, strict=False):
            if item.get(FETUS_NUMBER) is not None:
                item[FETUS_NUMBER] = number
    return items
