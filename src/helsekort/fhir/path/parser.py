"""From words to a tree, by the precedence of the grammar (https://hl7.org/fhirpath/N1/#operator-precedence)."""

from __future__ import annotations

from decimal import Decimal
from typing import NoReturn

from helsekort.fhir.path.errors import PathError
from helsekort.fhir.path.lexer import Word, words_of
from helsekort.fhir.path.moments import Moment, parse_date, parse_date_time, parse_time
from helsekort.fhir.path.quantities import CALENDAR_WORDS, Quantity
from helsekort.fhir.path.syntax import (
    Call,
    Dollar,
    Expression,
    External,
    Item,
    Literal,
    Member,
    Operation,
    Polarity,
    TypeName,
    TypeTest,
    depth_of,
)

DEEPEST = 100

# How tightly each operator binds. The text's table has `is` and `as` before `|` and the inequalities, the published grammar
# file after them; the table is what is normative, and what HL7's tests now expect.
_BINDING = {
    "implies": 1,
    **dict.fromkeys(("or", "xor"), 2),
    "and": 3,
    **dict.fromkeys(("in", "contains"), 4),
    **dict.fromkeys(("=", "~", "!=", "!~"), 5),
    **dict.fromkeys(("<=", "<", ">", ">="), 6),
    "|": 7,
    **dict.fromkeys(("is", "as"), 8),
    **dict.fromkeys(("+", "-", "&"), 9),
    **dict.fromkeys(("*", "/", "div", "mod"), 10),
}
_POLARITY = 11
# These words are operators where an operator can stand, and names where a name can.
_NEVER_NAMES = frozenset({"and", "or", "xor", "implies", "div", "mod", "true", "false"})
_MOMENTS = {"date": parse_date, "datetime": parse_date_time, "time": parse_time}


def parse_path(expression: str) -> Expression:
    """The tree of an expression. Raises PathError, with the place, for what is not FHIRPath."""
    reader = _Reader(words_of(expression))
    tree = reader.expression(0)
    if reader.word.kind != "end":
        reader.refuse()
    if depth_of(tree) > DEEPEST:
        raise PathError(f"The expression has more than {DEEPEST} steps within each other.")
    return tree


class _Reader:
    """Reads words from left to right; `word` is the next one."""

    def __init__(self, words: list[Word]) -> None:
        self._words = words
        self._next = 0
        self._depth = 0

    @property
    def word(self) -> Word:
        return self._words[self._next]

    def refuse(self) -> NoReturn:
        """Says where the expression stops making sense."""
        word = self.word
        place = "at its end" if word.kind == "end" else f"at character {word.at + 1}"
        raise PathError(f"The expression is not FHIRPath {place}.")

    def take(self) -> Word:
        word = self.word
        self._next += 1
        return word

    def is_sign(self, text: str) -> bool:
        return self.word.kind == "sign" and self.word.text == text

    def accept(self, text: str) -> bool:
        if not self.is_sign(text):
            return False
        self._next += 1
        return True

    def expect(self, text: str) -> None:
        if not self.accept(text):
            self.refuse()

    def expression(self, least: int) -> Expression:
        """An expression whose operators bind more tightly than `least`."""
        self._depth += 1
        if self._depth > DEEPEST:
            raise PathError(f"The expression is nested more than {DEEPEST} deep.")
        left = self._first()
        while (binding := self._binding()) > least:
            operator = self.take().text
            if operator in ("is", "as"):
                left = TypeTest(operator, left, self.type_name())
            else:
                left = Operation(operator, left, self.expression(binding))
        self._depth -= 1
        return left

    def _binding(self) -> int:
        word = self.word
        if word.kind not in ("sign", "name") or word.quoted:
            return 0
        return _BINDING.get(word.text, 0)

    def _first(self) -> Expression:
        if self.is_sign("-") or self.is_sign("+"):
            sign = self.take().text
            return Polarity(sign, self.expression(_POLARITY - 1))
        found = self._term()
        while True:
            if self.accept("."):
                found = self._invocation(found)
            elif self.accept("["):
                found = Item(found, self.expression(0))
                self.expect("]")
            else:
                return found

    def _term(self) -> Expression:  # noqa: PLR0911 - one for each sort
        word = self.word
        if word.kind == "name" and not word.quoted and word.text in ("true", "false"):
            self.take()
            return Literal(word.text == "true")
        if word.kind in ("name", "dollar"):
            return self._invocation(None)
        if word.kind in ("string", "number") or word.kind in _MOMENTS:
            return self._literal()
        if self.accept("("):
            inside = self.expression(0)
            self.expect(")")
            return inside
        if self.accept("{"):
            self.expect("}")
            return Literal(None)
        if self.accept("%"):
            return External(self._external_name())
        return self.refuse()

    def _external_name(self) -> str:
        if self.word.kind not in ("name", "string"):
            self.refuse()
        return self.take().text

    def _literal(self) -> Literal:
        word = self.take()
        if word.kind == "string":
            return Literal(word.text)
        if word.kind in _MOMENTS:
            return Literal(self._moment(word))
        number: int | Decimal = Decimal(word.text) if "." in word.text else int(word.text)
        unit = self._unit()
        return Literal(number if unit is None else unit.times(number))

    def _moment(self, word: Word) -> Moment:
        found = _MOMENTS[word.kind](word.text[2:] if word.kind == "time" else word.text[1:])
        if found is None:
            raise PathError(f"There is no such day or time: character {word.at + 1}.")
        return found

    def _unit(self) -> Quantity | None:
        word = self.word
        if word.kind == "string":
            self.take()
            return Quantity(Decimal(1), word.text, calendar=False)
        if word.kind == "name" and not word.quoted and word.text in CALENDAR_WORDS:
            self.take()
            return Quantity(Decimal(1), CALENDAR_WORDS[word.text], calendar=True)
        return None

    def _invocation(self, of: Expression | None) -> Expression:
        word = self.take()
        if word.kind == "dollar":
            if of is not None:
                raise PathError(f"${word.text[1:]} cannot follow a dot: character {word.at + 1}.")
            return Dollar(word.text[1:])
        if word.kind != "name" or (not word.quoted and word.text in _NEVER_NAMES):
            self._next -= 1
            self.refuse()
        if not self.accept("("):
            return Member(of, word.text)
        return Call(of, word.text, self._arguments())

    def _arguments(self) -> tuple[Expression, ...]:
        if self.accept(")"):
            return ()
        found = [self.expression(0)]
        while self.accept(","):
            found.append(self.expression(0))
        self.expect(")")
        return tuple(found)

    def type_name(self) -> TypeName:
        """The name of a type, with its space where one is written."""
        names = [self._name()]
        while self.accept("."):
            names.append(self._name())
        if len(names) > 2:
            self.refuse()
        return TypeName(names[0] if len(names) == 2 else "", names[-1])

    def _name(self) -> str:
        if self.word.kind != "name":
            self.refuse()
        return self.take().text


def type_written(expression: Expression) -> TypeName:
    """The type that an argument of is(), as() or ofType() names."""
    match expression:
        case Member(None, name):
            return TypeName("", name)
        case Member(Member(None, space), name):
            return TypeName(space, name)
    raise PathError("A type is named here: is(Quantity), ofType(FHIR.dateTime).")
