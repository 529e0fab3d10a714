"""Search by token: a code, an identifier, a truth value (https://hl7.org/fhir/R4/search.html#token)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import Any

from helsekort.basics.strict_json import dump
from helsekort.fhir.search.asked import Asked, Compiled, Match
from helsekort.fhir.search.text import plain, split, unescaped

Pair = tuple[str | None, str | None]
"""A system and a code, None where a value has none."""


def compiled(asked: Asked) -> Compiled:
    """What a token parameter asks of a resource's values. Raises `Refused` for a modifier or text that cannot be read."""
    return _BY_MODIFIER[asked.modifier](asked)


def pairs_of(value: object, system: str = "") -> Sequence[Pair]:
    """Every system and code of a Coding, CodeableConcept, Identifier, ContactPoint, code or boolean.

    `system` is that of a plain code, which its definition implies.
    """
    if isinstance(value, dict):
        if "coding" in value:
            return [(one.get("system"), one.get("code")) for one in value["coding"]]
        if "code" in value or "value" in value:
            return [(value.get("system"), value["code"] if "code" in value else value["value"])]
    elif isinstance(value, bool):
        return [(None, "true" if value else "false")]
    elif isinstance(value, str):
        return [(system or None, value)]
    return []


def _equal(asked: Asked) -> Compiled:
    found = [_read(asked, text) for text in asked.texts]
    canonical, implied = asked.setting.canonical, asked.parameter.system
    codes = frozenset(code for bar, _, code in found if not bar)
    systems = frozenset(canonical(system) for bar, system, code in found if bar and not code)
    pairs = frozenset((canonical(system), code) for bar, system, code in found if bar and code)
    with_system = frozenset(code for _, code in pairs)

    def match(values: Iterable[Any]) -> bool:
        for value in values:
            for system, code in pairs_of(value, implied):
                if code in codes or (system, code) in pairs:
                    return True
                if code in with_system and (canonical(system or ""), code) in pairs:
                    return True
                if systems and canonical(system or "") in systems:
                    return True
        return False

    # A system may stand there in another spelling.
    texts = () if systems else _holding(asked, (code for _, _, code in found))
    return Compiled(match, texts)


def _holding(asked: Asked, texts: Iterable[str]) -> tuple[bytes, ...]:
    """How the texts stand in JSON; none where one may be true, false or the implied system, which do not stand there so."""
    wanted = frozenset(texts)
    if wanted & {"true", "false", asked.parameter.system}:
        return ()
    return tuple(dump(text) for text in sorted(wanted))


def _read(asked: Asked, text: str) -> tuple[bool, str, str]:
    """Whether a bar stands in the text, the system before it and the code after it."""
    parts = [unescaped(part) for part in split(text, "|")]
    if len(parts) > 2 or not any(parts):
        asked.refuse("This is not a token.", "Write code, system|code, |code or system|.")
    return (len(parts) == 2, parts[0] if len(parts) == 2 else "", parts[-1])


def _not(asked: Asked) -> Compiled:
    equal = _equal(asked).match
    return Compiled(lambda values: not equal(values))


def _text(asked: Asked) -> Compiled:
    wanted = tuple(plain(unescaped(text)) for text in asked.texts)
    return Compiled(
        lambda values: any(plain(text).startswith(wanted) for one in values for text in _texts(one))
    )


def _texts(value: object) -> Iterator[str]:
    """The words that stand with a code: CodeableConcept.text, Coding.display, Identifier.type.text."""
    if isinstance(value, dict):
        yield from (one["display"] for one in (value, *value.get("coding", ())) if "display" in one)
        yield from (
            one["text"] for one in (value, value.get("type")) if isinstance(one, dict) and "text" in one
        )


def _of_type(asked: Asked) -> Compiled:
    wanted = []
    for text in asked.texts:
        parts = [unescaped(part) for part in split(text, "|")]
        if len(parts) != 3 or not all(parts):
            asked.refuse("This does not name an identifier's type.", "Write system|code|value.")
        wanted.append((parts[0], parts[1], parts[2]))
    asked_for = frozenset(wanted)

    def match(values: Iterable[Any]) -> bool:
        return any(
            (system, code, value.get("value")) in asked_for
            for value in values
            if isinstance(value, dict)
            for system, code in pairs_of(value.get("type"))
        )

    return Compiled(match, tuple(dump(value) for value in sorted({value for _, _, value in wanted})))


def _in(asked: Asked, *, inside: bool) -> Compiled:
    found = [asked.setting.value_sets(unescaped(text)) for text in asked.texts]
    known = [codes for codes in found if codes is not None]
    if len(known) != len(found):
        asked.refuse("This value set is not known here.", "Search by the codes themselves.")
    canonical, implied = asked.setting.canonical, asked.parameter.system
    wanted = {(canonical(system), code) for codes in known for system, code in codes}

    def match(values: Iterable[Any]) -> bool:
        pairs = (pair for value in values for pair in pairs_of(value, implied))
        return inside == any((canonical(system or ""), code) in wanted for system, code in pairs)

    return Compiled(match)


_BY_MODIFIER: dict[str, Callable[[Asked], Compiled]] = {
    "": _equal,
    "not": _not,
    "text": _text,
    "of-type": _of_type,
    "in": partial(_in, inside=True),
    "not-in": partial(_in, inside=False),
}
MODIFIERS = frozenset(_BY_MODIFIER) - {""}


def matching(asked: Asked) -> Match:
    """What a plain token asks of values, for other parameters that look at tokens too."""
    return _equal(asked).match
