"""A shelf, a clock, ids that are counted and a search by equal elements, so that a plan can be told in one line."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl

from helsekort.basics.refusal import Issue, Kind, Refused
from helsekort.fhir.entries import read_bundle
from helsekort.fhir.offering import Interaction
from helsekort.fhir.requests import Write, checked
from helsekort.fhir.shapes import Resource
from helsekort.fhir.shelf import Entry, ListShelf, Shelf
from helsekort.fhir.transaction import Plan, Terms, plan

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
OWN = "https://example.org/recorded-by"


def observation(id_: str = "", *, version: int = 0, **more: Any) -> Resource:  # noqa: ANN401 - any element
    """An Observation; with an id and a version one that is on the shelf."""
    made: Resource = {"resourceType": "Observation"}
    if id_:
        made["id"] = id_
    if version:
        made["meta"] = {"versionId": str(version), "lastUpdated": "2026-11-01T12:00:00.000Z"}
    return made | {"status": "final", "subject": {"reference": "Patient/anne"}} | more


SHELF = ListShelf(
    [
        {"resourceType": "Patient", "id": "anne", "meta": {"versionId": "1"}, "gender": "female"},
        observation("weight", version=2, note="first"),
        observation("pulse", version=1, note="same"),
        observation("temperature", version=1, note="same"),
    ],
    gone=[("Observation", "gone")],
)


def find(kind: str, criteria: str, shelf: Shelf) -> Sequence[Entry]:
    """Entries whose elements are as the search says; `gender` and `note` are all it knows."""
    wanted = dict(parse_qsl(criteria))
    if not set(wanted) <= {"gender", "note"}:
        raise Refused(Kind.INVALID, [Issue("There is no such search parameter.", "x")])
    return [one for one in shelf.of_kind(kind) if all(one.resource.get(n) == v for n, v in wanted.items())]


def check(resource: Resource, where: str) -> Iterable[Issue]:
    """A stand-in for validation: the status has to be final."""
    if resource.get("status") != "final":
        yield Issue("Not final.", f"{where}.status")


TERMS = Terms(
    find=find,
    check=check,
    own=frozenset({OWN}),
    first=("EpisodeOfCare", "Encounter"),
)


def planned(*writes: Write, shelf: Shelf = SHELF) -> Plan:
    """The plan of writes that have been checked; ids are new-1, new-2 in the order they are drawn."""
    drawn: Counter[str] = Counter()

    def new_id(resource: Resource) -> str:
        drawn["ids"] += 1
        return f"new-{drawn['ids']}"

    return plan(shelf, [checked(write) for write in writes], new_id=new_id, now=NOW, terms=TERMS)


def refusal(*writes: Write, shelf: Shelf = SHELF) -> Refused:
    """The refusal of writes."""
    try:
        planned(*writes, shelf=shelf)
    except Refused as refused:
        return refused
    raise AssertionError("it was let in")


def create(resource: Resource, **more: Any) -> Write:  # noqa: ANN401 - what a Write may have
    """A POST."""
    return Write(Interaction.CREATE, resource["resourceType"], resource=resource, **more)


def update(resource: Resource, **more: Any) -> Write:  # noqa: ANN401 - what a Write may have
    """A PUT."""
    return Write(Interaction.UPDATE, resource["resourceType"], resource["id"], resource, **more)


def patch(kind: str, id_: str, *operations: dict[str, Any], if_match: str = "", where: str = "") -> Write:
    """A PATCH."""
    return Write(Interaction.PATCH, kind, id_, patch=operations, if_match=if_match, where=where)


def delete(kind: str, id_: str, **more: Any) -> Write:  # noqa: ANN401 - what a Write may have
    """A DELETE."""
    return Write(Interaction.DELETE, kind, id_, **more)


def transaction(*entries: dict[str, Any]) -> list[Write]:
    """The writes of a transaction Bundle as it was sent."""
    bundle = {"resourceType": "Bundle", "type": "transaction", "entry": list(entries)}
    return [one for one in read_bundle(bundle, offers).entries if isinstance(one, Write)]


def entry(method: str, url: str, resource: Resource | None = None, **more: str) -> dict[str, Any]:
    """An entry of a Bundle; `fullUrl` stands beside the request, the rest in it."""
    full_url = {"fullUrl": more.pop("fullUrl")} if "fullUrl" in more else {}
    body = {} if resource is None else {"resource": resource}
    return full_url | body | {"request": {"method": method, "url": url} | more}


def offers(kind: str, interaction: str) -> bool:
    """Everything but Questionnaires."""
    return kind != "Questionnaire"
