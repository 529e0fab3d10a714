"""Whether everything in a FHIR resource is of this woman and this record, and nothing that is never on the card.

References are looked at wherever they stand: at any depth, in contained resources and in extensions. Nothing found is repeated.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from html import unescape
from typing import Any
from uuid import UUID

from helsekort.basics.strict_json import child, dump
from helsekort.fhir.shapes import Json, Resource
from helsekort.maternity.body import Body, identity_numbers, may_hold_identity_number
from helsekort.maternity.identity import fetus_id, record_of
from helsekort.maternity.never import may_hold_never, never_in

SUBJECTS = {
    "EpisodeOfCare": "patient",
    "Encounter": "subject",
    "Observation": "subject",
    "Condition": "subject",
    "Procedure": "subject",
    "Immunization": "patient",
    "AllergyIntolerance": "patient",
    "MedicationStatement": "subject",
    "FamilyMemberHistory": "patient",
    "QuestionnaireResponse": "subject",
    "CarePlan": "subject",
    "Task": "for",
    "DocumentReference": "subject",
    "Consent": "patient",
}
"""The element that says whose a resource is, for the types that are kept; it must be there and name her."""
WITHOUT_SUBJECT = frozenset({"Binary", "Questionnaire"})

_LITERAL = re.compile(r"([A-Z][A-Za-z]+)/([A-Za-z0-9.-]{1,64})(?:/_history/[A-Za-z0-9.-]{1,64})?")
_LINK_NAMES = frozenset({"valueUri", "valueUrl", "valueCanonical"})
_MAYBE_LINKS = _LINK_NAMES | {"url", "div"}
_LIKE_A_RESOURCE = re.compile(
    r"(?:^|/)[A-Z][A-Za-z]{3,40}/[A-Za-z0-9.-]{1,64}(?:/_history/[A-Za-z0-9.-]{1,64})?$"
)
_IN_NARRATIVE = re.compile(r"""[\w:.-]\s*=\s*(?:"([^"<]*)"|'([^'<]*)')""")
"""The value of any attribute: what a narrative holds is kept as data, also where it is no link that R4 knows."""
_PEOPLE = frozenset({"Patient", "Person"})
_NATIONAL_NUMBER = re.compile(r"(?:urn:oid:)?2\.16\.578\.1\.12\.4\.1\.4\.[123]")

_WELL = ("", "")
_ITSELF = frozenset({"#"})

Known = Callable[[str, str], bool]
"""Whether there is a resource of a kind and id in this record, as far as the writer may see it."""


@dataclass(frozen=True, slots=True)
class Whose:
    """The woman and the record that everything written together is of."""

    person: UUID
    record: UUID


def check_belonging(
    resource: Resource, judge: References, noted: Body, path: str, *, closely: bool = True
) -> None:
    """Notes every reference to somebody else, to another record, to another server, or to nothing.

    Not `closely` where a look at the text has told that nothing in it refers to anything but what may be referred to.
    """
    kind = resource["resourceType"]
    if kind not in SUBJECTS and kind not in WITHOUT_SUBJECT:
        noted.wrong(
            "Is made from what is registered, and is not written.", path, "Register what it is made of."
        )
        return
    element = SUBJECTS.get(kind)
    if element and (resource.get(element) or {}).get("reference") != judge.own:
        noted.wrong("Must be the woman whose record it is.", f"{path}.{element}", "Send her Patient/id.")
    if closely:
        _check_references(resource, judge, noted, path)


def _check_references(resource: Resource, judge: References, noted: Body, path: str) -> None:
    element = SUBJECTS.get(resource["resourceType"])
    contained = frozenset(_contained_ids(resource)) if "contained" in resource else _ITSELF
    for way, holder in references_in(resource):
        if way and way[0] == _EDUCATION and not _LIKE_A_RESOURCE.search(str(holder.get("reference"))):
            continue
        what, hint = judge.fault(holder, contained)
        if what and way != ((), element):
            noted.wrong(what, _told(path, way), hint)
    for index, one in enumerate(resource.get("contained", ())):
        if one.get("resourceType") in _PEOPLE:
            noted.wrong(
                "Nobody is described inside a resource.",
                f"{path}.contained[{index}]",
                "Refer to her Patient.",
            )


def _contained_ids(resource: Resource) -> Iterator[str]:
    yield "#"
    for one in resource.get("contained", ()):
        yield f"#{one.get('id', '')}"


class References:
    """What is wrong with references in what is written together: each is looked up once."""

    def __init__(self, whose: Whose, known: Known) -> None:
        self.own = f"Patient/{whose.person}"
        self._record, self._known = whose.record, known
        self._judged: dict[str, tuple[str, str]] = {self.own: _WELL}

    def fault(self, holder: Json, contained: frozenset[str]) -> tuple[str, str]:
        """What is wrong with an object that refers to something, and what to do; empty where nothing is."""
        identifier = holder.get("identifier")
        if isinstance(identifier, dict) and _NATIONAL_NUMBER.fullmatch(str(identifier.get("system", ""))):
            return "Names a person by national identity number.", "Refer to her by her Patient/id."
        link = holder.get("reference")
        if link is None:
            somebody = holder.get("type") in _PEOPLE or holder.get("type") == "EpisodeOfCare"
            return ("Must be a literal reference.", "Send type/id.") if somebody else _WELL
        text = str(link)
        return _WELL if text in contained else self._judge(text)

    def are_well(self, links: Iterable[str]) -> bool:
        """Whether nothing is wrong with any of these references."""
        return all(self._judge(link) is _WELL for link in links)

    def _judge(self, link: str) -> tuple[str, str]:
        if link not in self._judged:
            self._judged[link] = self._link_fault(link)
        return self._judged[link]

    def _link_fault(self, link: str) -> tuple[str, str]:
        found = _LITERAL.fullmatch(link)
        if found is None:
            return (
                "Refers to what is not of this record.",
                "Send a reference as type/id, below this server's base.",
            )
        kind, id_ = found[1], found[2]
        if kind == "Patient":
            return "Refers to another woman.", "Everything written together is of one woman."
        if record_of(kind, id_) != self._record:
            return "Refers to what is not of this record.", "Everything written together is of one record."
        if (kind == "RelatedPerson" and id_ in _fetuses_of(self._record)) or self._known(kind, id_):
            return _WELL
        return "There is no such resource in this record.", "Send it first, or in the same transaction."


@lru_cache(maxsize=256)
def _fetuses_of(record: UUID) -> frozenset[str]:
    """The ids of all the fetuses a record can have: to look for those that are registered would open every part."""
    return frozenset(fetus_id(record, number) for number in range(1, 10))


Way = tuple[()] | tuple["Way", str | int]
"""The way to a place in a resource: the way to what holds it, and its name or position there."""


_EDUCATION: Way = ((), "education")
"""An Immunization's: its `reference` is a URI of what she was given to read, and no Reference."""


def references_in(value: Json) -> list[tuple[Way, Json]]:
    """Every object that refers to something, with its place: References, and links that look like the address of a resource."""
    found: list[tuple[Way, Json]] = []
    _gather(value, (), found)
    return found


def _gather(value: Json, way: Way, found: list[tuple[Way, Json]]) -> None:
    if type(value.get("reference", value)) is not dict or ("identifier" in value and _names_somebody(value)):
        found.append((way, value))
    for name, one in value.items():
        kind = type(one)
        if kind is str:
            if name in _MAYBE_LINKS:
                found += [((way, name), {"reference": link}) for link in _links(name, one, value)]
        elif kind is dict:
            _gather(one, (way, name), found)
        elif kind is list:
            _gather_items(one, (way, name), found)


def _gather_items(value: list[Any], way: Way, found: list[tuple[Way, Json]]) -> None:
    for index, one in enumerate(value):
        if type(one) is dict:
            _gather(one, (way, index), found)
        elif type(one) is list:
            _gather_items(one, (way, index), found)


def _told(path: str, way: Way) -> str:
    return child(_told(path, way[0]), way[1]) if way else path


def _names_somebody(value: Json) -> bool:
    return isinstance(value.get("identifier"), dict) and "resourceType" not in value


def _links(name: str, value: str, holder: Json) -> list[str]:
    """The URL of an attachment (an extension has a `url` too), and what looks like a resource's among URIs and in narrative."""
    if name == "div":
        links = (unescape(one or other).strip() for one, other in _IN_NARRATIVE.findall(value))
        return [link for link in links if _LIKE_A_RESOURCE.search(link)]
    if name == "url":
        named = any(key in {"resourceType", "extension"} or key.startswith("value") for key in holder)
        return [] if named and "contentType" not in holder else [value]
    return [value] if name in _LINK_NAMES and _LIKE_A_RESOURCE.search(value) else []


_REFERENCE, _QUOTE = b'"reference":', b'"'
_BETWEEN = b',"'  # two members of an object; in a text a quotation mark stands behind a backslash, so that none is cut apart
_NEED_A_CLOSER_LOOK = (
    *(f'"{name}":'.encode() for name in sorted(_MAYBE_LINKS | {"contained"})),
    *(f'"type":"{kind}"'.encode() for kind in (*sorted(_PEOPLE), "EpisodeOfCare")),
    *(b"2.16.578.1.12.4.1.4.%d" % kind for kind in (1, 2, 3)),
)
"""What tells whom a resource refers to, beside the text of a `reference`."""


class Look:
    """One quick look at the JSON of all that is written together, which as a rule has nothing that needs a closer one.

    What stands in it more than once is looked at once: most members are the same in every resource.
    """

    def __init__(self, resources: Sequence[Resource]) -> None:
        self._text = _BETWEEN.join(dict.fromkeys(dump(resources).split(_BETWEEN)))

    def may_misrefer(self, judge: References) -> bool:
        """False where there is nothing for `check_belonging` to find by looking closely."""
        if any(map(self._text.__contains__, _NEED_A_CLOSER_LOOK)):
            return True
        told = self._text.split(_REFERENCE)[1:]
        links = {one[1 : one.find(_QUOTE, 1)] if one.startswith(_QUOTE) else b"" for one in told}
        return not judge.are_well(link.decode() for link in links)

    def may_hold_forbidden(self, whose: Whose) -> bool:
        """False where there is nothing for `check_content` to find in any of them."""
        return _may_hold_number(self._text, whose) or may_hold_never(self._text)


def _may_hold_number(text: bytes, whose: Whose) -> bool:
    return may_hold_identity_number(text.replace(str(whose.person).encode(), b"/"))  # which is digits, mostly


def check_content(resource: Resource, whose: Whose, noted: Body, path: str) -> None:
    """Notes national identity numbers, and what is never on the card (violence, induced abortion), wherever they stand."""
    text = dump(resource)
    if _may_hold_number(text, whose):
        for where in identity_numbers(resource, path):
            hint = "Whose record it is, is said in the nhn-patient-nin header only."
            noted.wrong("Holds a national identity number.", where, hint)
    if may_hold_never(text):
        for where in dict.fromkeys(_never(resource, path)):
            hint = "It belongs in your own journal, and nowhere on this record."
            noted.wrong("Holds something that is never on the maternity record.", where, hint)


def _never(value: Any, path: str) -> Iterator[str]:  # noqa: ANN401 - JSON
    """The innermost places that hold it."""
    if isinstance(value, list):
        for index, one in enumerate(value):
            yield from _never(one, f"{path}[{index}]")
    elif isinstance(value, dict) and any(True for _ in never_in(value, {}, path)):
        inner = [where for name, one in value.items() for where in _never(one, child(path, name))]
        inner += [
            child(path, name) for name, one in value.items() if isinstance(one, str) and _alone({name: one})
        ]
        yield from inner or [path]


def _alone(value: Json) -> bool:
    return any(True for _ in never_in(value, {}, ""))
