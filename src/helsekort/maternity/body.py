"""A section of the JSON contract as a client sends it: checked whole, every issue at once, and taken apart into values."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from helsekort.basics.number_in_text import holds_national_identity_number
from helsekort.basics.refusal import Issue, Kind, Refused
from helsekort.basics.strict_json import child, dump
from helsekort.fhir.shapes import Json
from helsekort.maternity.fields import Field, Section
from helsekort.maternity.never import may_hold_never, never_in
from helsekort.maternity.tree import Array, Shape, Slot, shape_of
from helsekort.maternity.values import CodedValue, Normal, Unreadable

MOST_ITEMS = 50
"""More items than this in one array cannot be true of one woman."""
MOST_ISSUES = 100
FETUS_NUMBER = "fosterId"


@dataclass(slots=True)
class Body:
    """A section as sent: its values by place, its JSON with displays filled in, and what is wrong with it.

    `version` is the metadata.version sent, `path` where in the request the section stands.
    """

    leaves: dict[Slot, tuple[Field, Normal]] = field(default_factory=dict)
    v1: bytes = b"{}"
    issues: list[Issue] = field(default_factory=list)
    only_codes: bool = True
    fetuses: set[int] = field(default_factory=set)
    version: int | None = None
    path: str = "$"

    def wrong(self, what: str, where: str, hint: str = "", *, code: bool = False) -> None:
        """Notes one issue."""
        self.only_codes = self.only_codes and code
        if len(self.issues) < MOST_ISSUES:
            self.issues.append(Issue(what, where, hint))


def refuse_if_wrong(*bodies: Body) -> None:
    """Raises every issue of the bodies at once: INVALID_CODE where only codes are wrong, else INVALID."""
    issues = [issue for body in bodies for issue in body.issues]
    if issues:
        only_codes = all(body.only_codes for body in bodies)
        raise Refused(Kind.INVALID_CODE if only_codes else Kind.INVALID, issues[:MOST_ISSUES])


def read_body(section: Section, sent: object, path: str = "$") -> Body:
    """Takes a section apart; nothing is raised, what is wrong is in `issues`. The client's `metadata` is not content."""
    body = Body(path=path)
    if not isinstance(sent, dict):
        body.wrong("Must be an object.", path)
        return body
    content = {name: value for name, value in sent.items() if name != "metadata"}
    body.version = _version(body, sent.get("metadata"), path)
    filled = _object(body, shape_of(section.name), content, path, "")
    for needed in section.fields:
        if needed.required and content.get(needed.name) is None:
            body.wrong("Is required.", child(path, needed.name))
    body.v1 = dump(filled)
    if may_hold_identity_number(body.v1):
        _refuse_identity_numbers(body, content, path)
    if may_hold_never(body.v1):
        _refuse_never(body, content, shape_of(section.name), path)
    return body


def read_whole(sent: object, sections: Collection[str]) -> tuple[Body, bytes]:
    """What is wrong with a record's body as a whole, and its properties that are neither metadata nor a section, as JSON."""
    body = Body()
    if not isinstance(sent, dict):
        body.wrong("Must be an object.", "$", "{} is the least.")
        return body, b"{}"
    unknown = {name: value for name, value in sent.items() if name not in sections and name != "metadata"}
    _refuse_identity_numbers(body, unknown, "$")
    _refuse_never(body, unknown, {}, "$")
    return body, dump(unknown)


def _refuse_never(body: Body, sent: Json, shape: Shape, path: str) -> None:
    """Violence and induced abortion have no place on the card, in a property nobody knows either (IS-2181)."""
    for where in dict.fromkeys(never_in(sent, shape, path)):
        hint = "It belongs in your own journal, and nowhere on this record."
        body.wrong("Holds something that is never on the maternity record.", where, hint)


def _version(body: Body, metadata: object, path: str) -> int | None:
    if metadata is None:
        return None
    where = child(path, "metadata")
    if not isinstance(metadata, dict):
        body.wrong("Must be an object.", where)
        return None
    version = metadata.get("version")
    if version is None:
        return None
    if isinstance(version, bool) or not isinstance(version, int):
        body.wrong("Must be a whole number.", child(where, "version"))
        return None
    return version


def _object(body: Body, shape: Shape, sent: Json, path: str, item: str) -> Json:
    """Reads an object's known properties; returns it with displays and code systems filled in. Unknown ones stay as they are."""
    filled: Json | None = None
    for name, value in sent.items():
        node = shape.get(name)
        if node is None or value is None:
            continue
        made = value
        if isinstance(node, Field):
            made = _leaf(body, node, value, path, item)
        elif isinstance(node, Array):
            made = _array(body, node, name, value, path)
        elif isinstance(value, dict):
            made = _object(body, node, value, child(path, name), item)
        else:
            body.wrong("Must be an object.", child(path, name))
        if made is not value:
            filled = dict(sent) if filled is None else filled
            filled[name] = made
    return sent if filled is None else filled


def _leaf(body: Body, known: Field, value: Any, path: str, item: str) -> Any:  # noqa: ANN401 - JSON
    try:
        normal = known.value.read(value)
    except Unreadable as error:
        body.wrong(error.what, child(path, known.name.rsplit(".", 1)[-1]), error.hint, code=error.code)
        return value
    if normal is not None and known.type != "fetus-number":
        body.leaves[Slot(known.key, item)] = known, normal
    return known.value.filled(value) if isinstance(known.value, CodedValue) else value


def _array(body: Body, array: Array, name: str, value: Any, path: str) -> Any:  # noqa: ANN401 - JSON
    where = child(path, name)
    if not isinstance(value, list):
        body.wrong("Must be an array.", where)
        return value
    if len(value) > MOST_ITEMS:
        body.wrong(f"Has more than {MOST_ITEMS} items.", where)
        return value
    names = item_names(array.key, value)
    made = []
    for index, one in enumerate(value):
        here = child(where, index)
        if isinstance(one, dict):
            _note_fetus(body, array.key, one, here)
            made.append(_object(body, array.children, one, here, names[index]))
        else:
            body.wrong("Must be an object.", here)
    return made if any(new is not old for new, old in zip(made, value, strict=False)) else value


def item_names(key: str, items: list[Any]) -> list[str]:
    """What tells each item apart: the fetus's number or the code, "1#2" for the second of the same, "#3" for none."""
    seen: dict[str, int] = {}
    names = []
    for index, item in enumerate(items):
        name = _told_apart_by(item.get(key) if isinstance(item, dict) else None) or f"#{index}"
        seen[name] = seen.get(name, 0) + 1
        names.append(name if seen[name] == 1 else f"{name}#{seen[name]}")
    return names


def _told_apart_by(value: object) -> str:
    if isinstance(value, dict):
        return _told_apart_by(value.get("code"))
    if isinstance(value, bool) or not isinstance(value, (int, str, Decimal)):
        return ""
    return str(int(value)) if isinstance(value, Decimal) and value == int(value) else str(value)


def _note_fetus(body: Body, key: str, item: Json, path: str) -> None:
    number = item.get(key)
    if key != FETUS_NUMBER or isinstance(number, bool) or not isinstance(number, (int, Decimal)):
        return
    number = int(number)
    if number in body.fetuses:
        body.wrong("The same fetus stands twice.", child(path, key), "Send one item for each fetus.")
    body.fetuses.add(number)


def check_fetuses(body: Body, number_of_fetuses: int | None, section: Section, path: str = "$") -> None:
    """Where the number of fetuses is registered, no fetus has a higher number (ADR 0006)."""
    array = next((name for name, key in section.items.items() if key == FETUS_NUMBER), "")
    if number_of_fetuses is not None and body.fetuses and max(body.fetuses) > number_of_fetuses:
        hint = "Send a number no higher than currentPregnancy.numberOfFetuses, or correct that first."
        body.wrong(
            "There is no such fetus in this pregnancy.", f"{child(path, array)}[*].{FETUS_NUMBER}", hint
        )


_PLAIN_DIGITS = bytes(ord("0") if chr(one) in "0123456789" else ord(" ") for one in range(256))
_BETWEEN = b" ._+-"
_ELEVEN = b" %s " % (b"0" * 11)
_SEPARATORS = re.compile(r"[\s._+-]")


def _refuse_identity_numbers(body: Body, sent: Json, path: str) -> None:
    """A body that carries a national identity number may be meant for another woman; the number is never repeated."""
    for where in identity_numbers(sent, path):
        hint = "Whose record it is, is said in the nhn-patient-nin header only."
        body.wrong("Holds a national identity number.", where, hint)


def may_hold_identity_number(text: bytes) -> bool:
    """False where a JSON text has no run of just eleven digits, whatever separates them: one quick look."""
    return _ELEVEN in b" %s " % text.translate(_PLAIN_DIGITS, _BETWEEN)


def identity_numbers(value: object, path: str) -> Iterator[str]:
    """Where a value has a text, a number or a name that is a national identity number and nothing else."""
    if isinstance(value, dict):
        for name, one in value.items():
            where = child(path, name)
            if _is_identity_number(name):
                yield where
            yield from identity_numbers(one, where)
    elif isinstance(value, list):
        for index, one in enumerate(value):
            yield from identity_numbers(one, child(path, index))
    elif isinstance(value, (str, int)) and _is_identity_number(str(value)):
        yield path


def _is_identity_number(text: str) -> bool:
    if len(text) < 11 or text[0].isalpha():  # nearly every text
        return False
    return len(_SEPARATORS.sub("", text)) == 11 and holds_national_identity_number(text)
