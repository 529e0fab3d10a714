"""The strict JSON reader: what it takes, what it refuses, what it says."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helsekort.basics import strict_json
from helsekort.basics.refusal import Kind, Refused
from tests.timing import quickly

ROUND_TRIPS = [
    b'{"a":1.10,"b":[true,false,null],"c":{"d":"\xc3\xa6\xc3\xb8\xc3\xa5"}}',
    b"[0,-1,123456789012345678901234567890,0.000001,-0.50,1.0]",
    b'{"b":1,"a":2}',
    b'"text"',
    b"null",
    b'{"note":"[[[[[[ , , , {{{"}',
]

REFUSALS = [
    pytest.param(b"", "empty", "$", id="empty"),
    pytest.param(b" \n ", "empty", "$", id="blank"),
    pytest.param(b'{"a":1,"b":{"c":1,"c":2}}', "twice", "$.b.c", id="name twice"),
    pytest.param(b'{"a":[1,{"x":1,"x":1}]}', "twice", "$.a[1].x", id="name twice in an item"),
    pytest.param(b'{"a":NaN}', "NaN", "$.a", id="NaN"),
    pytest.param(b'{"a":[-Infinity]}', "Infinity", "$.a[0]", id="Infinity"),
    pytest.param(b'{"a":' + b"9" * 65 + b"}", "64 characters", "$.a", id="65 digits"),
    pytest.param(b'{"a":' + b"9" * 5000 + b"}", "64 characters", "$.a", id="5000 digits"),
    pytest.param(b'{"a":0.' + b"9" * 5000 + b"}", "64 characters", "$.a", id="5000 decimals"),
    pytest.param(b'{"a":1e400000000}', "exponent", "$.a", id="huge exponent"),
    pytest.param(b'{"a":1e-400000000}', "exponent", "$.a", id="tiny exponent"),
    pytest.param(b'{"a":"\\ud800"}', "surrogate", "$.a", id="lone high surrogate"),
    pytest.param(b'{"a":"x\\udc00y"}', "surrogate", "$.a", id="lone low surrogate"),
    pytest.param(b'{"a":{"\\ud800":1}}', "surrogate", "$.a", id="surrogate in a name"),
    pytest.param(b'{"a":"\xed\xa0\x80"}', "UTF-8", "byte 6", id="surrogate in bytes"),
    pytest.param(b'{"a":"\\u0000"}', "U+0000", "$.a", id="NUL escaped"),
    pytest.param(b'{"a":"\x00"}', "not JSON", "line 1 column 7", id="NUL raw"),
    pytest.param(b'{"a":"\xff"}', "UTF-8", "byte 6", id="Latin-1"),
    pytest.param(b'\xef\xbb\xbf{"a":1}', "not JSON", "line 1 column 1", id="byte order mark"),
    pytest.param(b'{"a":1} x', "not JSON", "line 1 column 9", id="trailing garbage"),
    pytest.param(b'{"a":1}{"b":1}', "not JSON", "line 1 column 8", id="two values"),
    pytest.param(b'{"a":1', "not JSON", "line 1 column 7", id="cut off"),
    pytest.param(b'{"a":01}', "not JSON", "line 1 column 7", id="leading zero"),
    pytest.param(b"{'a':1}", "not JSON", "line 1 column 2", id="single quotes"),
    pytest.param(b'{"a":1,}', "not JSON", "line 1 column 8", id="trailing comma"),
    pytest.param(b'{"a":NaN,x}', "not JSON", "line 1 column 10", id="doubtful and not JSON"),
    pytest.param(b"[" * 65 + b"]" * 65, "deep", "$", id="65 deep"),
    pytest.param(b'{"a":' * 100 + b"1" + b"}" * 100, "deep", "$", id="100 objects deep"),
    pytest.param(b"[" + b"1," * 30_000 + b"1]", "20000", "$", id="too many items"),
    pytest.param(b'{"01819012365":{"x":NaN}}', "NaN", "$.(a name that is not a word).x", id="number as name"),
]

HOSTILE = [
    pytest.param(b"[" * 100_000, id="100 000 brackets"),
    pytest.param(b'{"a":' * 400_000, id="400 000 objects"),
    pytest.param(b"[]," * 600_000, id="600 000 empty arrays"),
    pytest.param(b'"' + b'\\"' * 1_000_000, id="a million escaped quotes, unended"),
    pytest.param(b'["' + b'\\"[{,' * 400_000, id="brackets in an unended string"),
    pytest.param(b"[" + b"9" * 2_000_000 + b"]", id="two million digits"),
    pytest.param(b'[{"' + b"a" * 2_000_000 + b'":1}', id="a long name"),
    pytest.param(b"\xff" * 2_000_000, id="two megabytes that are not UTF-8"),
]


@pytest.mark.parametrize("body", ROUND_TRIPS)
def test_what_is_read_is_written_back_byte_for_byte(body: bytes) -> None:
    assert strict_json.dump(strict_json.parse(body)) == body


@pytest.mark.parametrize(("body", "what", "where"), REFUSALS)
def test_what_is_not_strict_is_refused_with_what_and_where(body: bytes, what: str, where: str) -> None:
    with pytest.raises(Refused) as refused:
        strict_json.parse(body)
    assert refused.value.kind is Kind.MALFORMED
    assert what in refused.value.issues[0].what
    assert refused.value.issues[0].where == where


def test_every_doubt_is_reported_at_once() -> None:
    with pytest.raises(Refused) as refused:
        strict_json.parse(b'{"a":NaN,"a":1,"b":"\\ud800","c":1e999}')
    assert [issue.where for issue in refused.value.issues] == ["$.a", "$.a", "$.b", "$.c"]


@pytest.mark.parametrize("body", HOSTILE)
async def test_hostile_bodies_cost_no_more_than_their_length(body: bytes) -> None:
    async def read() -> None:
        with pytest.raises(Refused):
            strict_json.parse(body)

    await quickly(read, 20)


def test_a_body_over_the_limit_is_too_large_before_it_is_read() -> None:
    with pytest.raises(Refused) as refused:
        strict_json.parse(b"x" * 11, limit=10)
    assert refused.value.kind is Kind.TOO_LARGE
    assert refused.value.outcome.status == 413


def test_no_refusal_repeats_a_value() -> None:
    secret = b"01819012365"
    for body in (b'{"%s":1,"%s":2}', b'{"a":"%s\\ud800%s"}', b'{"a":"%s" "%s"}', b"{%s%s}"):
        with pytest.raises(Refused) as refused:
            strict_json.parse(body % (secret, secret))
        assert secret.decode() not in refused.value.sentence


@pytest.mark.parametrize(
    ("sent", "value"),
    [
        (b"1.10", "1.10"),
        (b"1e2", "1E+2"),
        (b"1.5e1", "15"),
        (b"-0", "-0"),
        (b"0.00", "0.00"),
        (b"1" * 19, "1" * 19),
    ],
)
def test_numbers_keep_their_digits(sent: bytes, value: str) -> None:
    parsed = strict_json.parse(sent)
    assert isinstance(parsed, Decimal)
    assert str(parsed) == value
    assert strict_json.parse(strict_json.dump(parsed)) == parsed


def test_escapes_that_are_whole_characters_are_read() -> None:
    assert strict_json.parse(b'"\\ud83e\\udd30 \\u00e5"') == "\U0001f930 å"


BLANK = st.sampled_from(["", " ", "\n", "\t ", "\r\n  "])
TEXT = st.sampled_from(
    ["a", "b", "æ", ":", ' " :', '":', '\\":', ",[{", "\x00", "\ud800", "123456789012345678901", "/", "\t"]
)
TOKEN = st.one_of(
    TEXT.map(json.dumps),
    TEXT.map(lambda text: json.dumps(text, ensure_ascii="\ud800" in text).replace("/", "\\/")),
    st.sampled_from(
        ["0", "-0", "-0.0", "1.10", "1e2", "-0e1", "1e999", "9" * 17, "9" * 18, "-" + "9" * 18, "9" * 65]
    ),
    st.sampled_from(
        ["true", "false", "null", "NaN", "-Infinity", "01", "1.", "tru", "", '"\\x"', "'a'", "\xa01"]
    ),
)


@st.composite
def texts(draw: st.DrawFn, depth: int = 3) -> str:
    """JSON texts and what is nearly JSON: names twice, escapes, blanks anywhere, odd numbers."""
    kind = draw(st.sampled_from(["token", "array", "object"])) if depth else "token"
    around = draw(BLANK)
    if kind == "token":
        return around + draw(TOKEN)
    below = [draw(texts(depth - 1)) for _ in range(draw(st.integers(0, 3)))]
    if kind == "array":
        return f"{around}[{','.join(below)}{draw(BLANK)}]"
    members = [f"{around}{json.dumps(draw(TEXT))}{draw(BLANK)}:{one}" for one in below]
    return f"{{{','.join(members)}}}"


@settings(max_examples=1000)
@given(texts())
def test_the_quick_reading_says_what_the_slow_one_says(text: str) -> None:
    """Same value to the type, or the same refusal, as a reader that counts every member."""
    body = text.encode("utf-8", "surrogatepass")
    assert outcome_of(lambda: strict_json.parse(body)) == outcome_of(lambda: read_slowly(body))


def read_slowly(body: bytes) -> object:
    """As `parse`, without the quick way."""
    value = strict_json._read_doubtful(strict_json._decode(body), strict_json.MAX_ENTRIES)
    if issues := list(strict_json._doubts(value)):
        raise Refused(Kind.MALFORMED, issues)
    return value


def outcome_of(read: Callable[[], object]) -> str:
    """What was read, or everything that was refused."""
    try:
        return repr(read())
    except Refused as refused:
        return repr([(one.what, one.where) for one in refused.issues])


@pytest.mark.parametrize(
    "again", ['"a":1,"a":1', '"a" :1,"\\u0061":1', '"a":":","a"\n:":"', '"a":{"b\\"":1},"a":1']
)
def test_a_name_that_stands_twice_is_found_however_it_is_written(again: str) -> None:
    with pytest.raises(Refused, match="twice"):
        strict_json.parse(b"{%s}" % again.encode())


def test_64_deep_is_still_read() -> None:
    assert strict_json.parse(b"[" * 64 + b"]" * 64)
