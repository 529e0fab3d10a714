"""What was sent to be written: resources and patches as writes, and whom they name. Told by the request alone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from helsekort.api.fhir.call import Call
from helsekort.api.fhir.work import NOBODY, Named
from helsekort.basics.once import once
from helsekort.basics.refusal import Issue, Kind, Refused
from helsekort.fhir.links import REFERENCE, references_of, relinked
from helsekort.fhir.offering import Interaction
from helsekort.fhir.patch import read_patch
from helsekort.fhir.requests import Write, checked, criteria_in, version_in
from helsekort.fhir.shapes import Json, Resource
from helsekort.fhir.validation import entries
from helsekort.maternity.identity import person_of, record_of
from helsekort.maternity.profiles import profile_of

RECORD = "EpisodeOfCare"
_WHOSE = ("subject", "patient", "for")
_CONTEXTS = ("encounter", "episodeOfCare", "context", "partOf")
_SEVERAL = "Everything written together is of one woman and one record."


def written(call: Call) -> Write:
    """The one write of a request, checked by itself; raises Refused with everything that is wrong with it."""
    route, id_ = call.route, call.ids[0] if call.ids else ""
    interaction = Interaction(route.interaction)
    has_resource = interaction in {Interaction.CREATE, Interaction.UPDATE}
    write = Write(
        interaction,
        route.kind,
        id_,
        resource=own_links(call, call.document) if has_resource else None,
        patch=read_patch(call.document) if interaction is Interaction.PATCH else (),
        if_match=version_in(call.request.header(b"if-match")) if id_ else "",
        if_none_exist=criteria_in(call.request.header(b"if-none-exist"), route.kind) if not id_ else "",
    )
    return checked(write, lambda resource, where: faults(call, resource, where))


def faults(call: Call, resource: Resource, where: str) -> Iterable[Issue]:
    """Everything wrong with a resource by its type and the profile that holds for it."""
    return call.api.validator.validate(resource, _profiles(resource), where=where)


class Beside:
    """The resources that came in one bundle: each is validated beside the others, and the shape of all of them at once."""

    def __init__(self, call: Call, sent: object) -> None:
        self._validator = call.api.validator
        self._sent = sent

    def faults(self, resource: Resource, where: str) -> Iterable[Issue]:
        """Everything wrong with one of them; how deep it is was measured when the whole body was read."""
        profiles, shaped = self._profiles[id(resource)], id(resource) in self._shaped
        validate, bundle = self._validator.validate, self._entries
        return validate(resource, profiles, where=where, bundle=bundle, measured=True, shaped=shaped)

    @once
    def _entries(self) -> dict[str, Resource]:
        return entries(self._sent)

    @once
    def _typed(self) -> list[Resource]:
        return [one for one in _resources(self._sent) if isinstance(one.get("resourceType"), str)]

    @once
    def _profiles(self) -> dict[int, tuple[str, ...]]:
        return {id(one): _profiles(one) for one in self._typed}

    @once
    def _shaped(self) -> frozenset[int]:
        shaped = self._validator.well_shaped((one, self._profiles[id(one)]) for one in self._typed)
        return frozenset(map(id, shaped))


def _resources(sent: object) -> Iterable[Resource]:
    rows = sent.get("entry") if isinstance(sent, dict) else None
    listed = [one.get("resource") for one in rows if isinstance(one, dict)] if isinstance(rows, list) else []
    return [one for one in listed if isinstance(one, dict)]


def own_links(call: Call, sent: Any) -> Any:  # noqa: ANN401 - JSON is any of six types
    """What was sent, with references to this service written relative to its base, as they are kept."""
    bases = tuple(f"{base}/" for base in call.api.bases)
    if not isinstance(sent, dict) or not _may_hold(call.body, bases):
        return sent

    def relative(name: str, link: str) -> str:
        if name != REFERENCE or not link.startswith("http"):
            return link
        return next((link.removeprefix(base) for base in bases if link.startswith(base)), link)

    return relinked(sent, relative)


def _may_hold(body: bytes, bases: tuple[str, ...]) -> bool:
    """False where no address of this service stands in a JSON text, with its slashes escaped or not: one quick look."""
    return b"\\/" in body or any(base.encode("ascii") in body for base in bases)


def named_by_resource(call: Call) -> Named:
    """Whom a resource to be created is about: the woman it names, and the record of what it refers to."""
    document = own_links(call, call.document)
    return named_in(document) if isinstance(document, dict) else NOBODY


def named_by_bundle(call: Call) -> Named:
    """Whom the entries of a bundle are about. One woman; and a transaction writes to one record."""
    document = own_links(
        call, call.document
    )  # once: the look into the body costs as much as the body is long
    if not isinstance(document, dict) or not isinstance(document.get("entry"), list):
        return NOBODY
    entries = [one for one in document["entry"] if isinstance(one, dict)]
    if document.get("type") == "transaction" and (together := _named_together(entries)) is not None:
        return together
    named = [_named_by_entry(one) for one in entries]
    if document.get("type") != "transaction":
        persons = {one.person for one in named if one.person is not None}
        records = dict.fromkeys(record for one in named for record in one.records)
        return Named(tuple(records), persons.pop() if len(persons) == 1 else None)
    return _only(zip(entries, named, strict=True), document["entry"])


def _named_together(entries: Sequence[Json]) -> Named | None:
    """Whom the entries of a transaction name, where each creates and all they refer to is of one record; None where not."""
    resources = [one.get("resource") for one in entries if _creates(one)]
    created = [one for one in resources if isinstance(one, dict)]
    if len(created) < len(entries):
        return None
    whose = references_of([one[element] for one in created for element in _WHOSE if element in one])
    persons = {person_of(*_split(link)) for link in set(whose)} - _NONE
    records = {record_of(*_split(link)) for link in set(references_of(created))} - _NONE
    if len(persons) > 1 or len(records) > 1:
        return None
    return Named(tuple(filter(None, records)), next(iter(persons), None))


def _creates(entry: Json) -> bool:
    request = entry.get("request")
    url = request.get("url") if isinstance(request, dict) else None
    return isinstance(url, str) and "/" not in url


_NONE = frozenset({None})


def named_by_entry(write: Write) -> Named:
    """Whom one entry is about; its links are relative already."""
    if write.id:
        record = record_of(write.kind, write.id)
        return Named(() if record is None else (record,), person_of(write.kind, write.id))
    return named_in(write.resource or {})


def _named_by_entry(entry: Json) -> Named:
    request = entry.get("request")
    url = request.get("url") if isinstance(request, dict) else None
    kind, _, rest = url.partition("?")[0].partition("/") if isinstance(url, str) else ("", "", "")
    id_ = rest.partition("/")[0]
    if id_:
        record, person = record_of(kind, id_), person_of(kind, id_)
        return Named(() if record is None else (record,), person)
    resource = entry.get("resource")
    return named_in(resource) if isinstance(resource, dict) else NOBODY


def _only(named: Iterable[tuple[Json, Named]], sent: list[Any]) -> Named:
    """The one woman and the one record that entries name; raises INVALID at the first that names another."""
    persons: set[UUID | None] = set()
    records: set[UUID] = set()
    for entry, one in named:
        persons |= {one.person} - _NONE
        records.update(one.records)
        if len(persons) > 1 or len(records) > 1:
            at = next(n for n, each in enumerate(sent) if each is entry)
            hint = "Send what is of another woman or record by itself."
            raise Refused(Kind.INVALID, [Issue(_SEVERAL, f"Bundle.entry[{at}]", hint)])
    return Named(tuple(records), next(iter(persons), None))


def named_in(resource: Mapping[str, Any]) -> Named:
    """Whom a resource says it is about, and the record of the visit or pregnancy it belongs to, else of what it refers to."""
    persons: set[UUID | None] = set()
    for element in _WHOSE:
        if element in resource:
            persons.update(person_of(*_split(link)) for link in references_of(resource[element]))
    persons.discard(None)
    contexts = [resource[element] for element in _CONTEXTS if element in resource]
    record = _record_in(contexts) or _record_in(resource)
    return Named(() if record is None else (record,), persons.pop() if len(persons) == 1 else None)


def _record_in(value: object) -> UUID | None:
    """The record that the first reference to something of a record names."""
    for link in references_of(value):
        if (record := record_of(*_split(link))) is not None:
            return record
    return None


def _split(link: str) -> tuple[str, str]:
    """Kind and id of a literal reference."""
    kind, _, rest = link.partition("/")
    return kind, rest.partition("/")[0]


def _profiles(resource: Resource) -> tuple[str, ...]:
    """The profile of ours that holds for it; where its code cannot be read, validation by its type says what is wrong."""
    code = resource.get("code")
    codings = code.get("coding", []) if isinstance(code, dict) else [] if code is None else None
    if not isinstance(codings, list) or not all(_is_coding(one) for one in codings):
        return ()
    profile = profile_of(resource)
    return () if profile is None else (profile,)


def _is_coding(value: Any) -> bool:  # noqa: ANN401 - what was sent
    return isinstance(value, dict) and isinstance(value.get("code", ""), str)
