"""Resources that are made from what is visible and never stored: the woman, her fetuses, who registered what, and where.

Identifiers are those of the Norwegian base profiles (HL7 Norway no-basis).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from uuid import UUID

from helsekort.basics.clock import to_wire
from helsekort.basics.nin import NationalIdentityNumber
from helsekort.fhir.shapes import Json, Resource, coding, concept, extension_value, local_reference
from helsekort.fhir.shelf import Entry, entry_of
from helsekort.ledger.view import View
from helsekort.maternity.identity import fetus_id, is_number, organization_id, practitioner_id, role_id
from helsekort.maternity.registering import origin_of, recorded, signature
from helsekort.maternity.status import fetuses_known
from helsekort.maternity.uris import AUTHOR_ROLE, FETUS, RECORD_ORIGIN
from helsekort.terminology.code_systems import HPR_NUMBER, ORGANISATION_NUMBER

FODSELSNUMMER = "urn:oid:2.16.578.1.12.4.1.4.1"
D_NUMBER = "urn:oid:2.16.578.1.12.4.1.4.2"
_ROLE_CODE = "http://terminology.hl7.org/CodeSystem/v3-RoleCode"
_PARTICIPATION = "http://terminology.hl7.org/CodeSystem/provenance-participant-type"
_NAMED = re.compile(rb'"reference":"(Practitioner|Organization)/([a-z2-7]{26}[.](?:hpr|org)[0-9]{1,15})"')
_FETUS = re.compile(rb'"RelatedPerson/[a-z2-7]{26}[.]fetus([1-9])"')
PROJECTED = frozenset(
    {"Patient", "RelatedPerson", "Practitioner", "PractitionerRole", "Organization", "Provenance"}
)
"""The kinds that are made here."""


def patient(view: View, number: NationalIdentityNumber | None) -> Entry:
    """The pregnant woman. Her number is the one the caller has named her by; nothing else of her is kept here."""
    made: Resource = {"resourceType": "Patient", "id": str(view.person.person)} | _meta(view)
    if number is not None:
        system = D_NUMBER if number.d_number else FODSELSNUMMER
        made["identifier"] = [{"system": system, "value": number.reveal()}]
    if view.person.deceased:
        made["deceasedBoolean"] = True
    return entry_of(made)


def fetuses(view: View, stored: Iterable[Entry]) -> list[Entry]:
    """The fetuses of this pregnancy: as many as are registered, and those that a value is about."""
    if view.record is None:
        return []
    told = {int(number) for entry in stored for number in _FETUS.findall(entry.raw)}
    return [_fetus(view, view.record.record, number) for number in sorted(told | fetuses_known(view.parts))]


def _fetus(view: View, record: UUID, number: int) -> Entry:
    head: Resource = {"resourceType": "RelatedPerson", "id": fetus_id(record, number)}
    return entry_of(
        head
        | _meta(view)
        | {
            "identifier": [{"system": FETUS, "value": str(number)}],
            "active": True,
            "patient": local_reference("Patient", str(view.person.person)),
            "relationship": [concept(coding(_ROLE_CODE, "NCHILD", "natural child"))],
        }
    )


def people_and_places(view: View, stored: Iterable[Entry]) -> Iterator[Entry]:
    """Every practitioner, organisation and role that a visible resource names by number, each once."""
    if view.record is None:
        return
    named: dict[tuple[str, str], Resource] = {}
    seen: set[tuple[tuple[bytes, bytes], ...]] = set()
    for entry in stored:
        links = tuple(_NAMED.findall(entry.raw))
        if links and links not in seen:  # few have written much: most resources are not parsed
            seen.add(links)
            for made in _named_in(entry.resource, view.record.record):
                named.setdefault((made["resourceType"], made["id"]), made)
    meta = _meta(view)
    for (kind, id_), made in sorted(named.items()):
        yield entry_of({"resourceType": kind, "id": id_} | meta | made)


def _named_in(resource: Resource, record: UUID) -> Iterator[Resource]:
    """Those a resource names; also who in which organisation."""
    for who, where in _signatures(resource):
        hpr, org = _number(who, "Practitioner"), _number(where, "Organization")
        if hpr:
            yield _practitioner(practitioner_id(record, hpr), hpr, who)
        if org:
            yield _organization(organization_id(record, org), org, where)
        if hpr and org:
            yield _role(record, hpr, org, who)
    yield from _further(resource, record)


def _further(value: object, record: UUID) -> Iterator[Resource]:
    """Those named anywhere else in a resource, by a reference with an identifier."""
    if isinstance(value, dict):
        if hpr := _number(value, "Practitioner"):
            yield _practitioner(practitioner_id(record, hpr), hpr, value)
        elif org := _number(value, "Organization"):
            yield _organization(organization_id(record, org), org, value)
        for one in value.values():
            yield from _further(one, record)
    elif isinstance(value, list):
        for one in value:
            yield from _further(one, record)


def _signatures(resource: Resource) -> Iterator[tuple[Json, Json]]:
    yield signature(resource)
    if told := recorded(resource):
        yield told


def _number(reference: Json, kind: str) -> str:
    """The number that the reference's own id ends with, or empty."""
    to = reference.get("reference")
    if not isinstance(to, str) or not to.startswith(f"{kind}/"):
        return ""
    number = to.rpartition("hpr" if kind == "Practitioner" else "org")[2]
    return number if is_number(number) else ""


def _practitioner(id_: str, number: str, named: Json) -> Resource:
    made: Resource = {"resourceType": "Practitioner", "id": id_}
    made["identifier"] = [{"system": HPR_NUMBER, "value": number}]
    return made | ({"name": [{"text": named["display"]}]} if named.get("display") else {})


def _organization(id_: str, number: str, named: Json) -> Resource:
    made: Resource = {"resourceType": "Organization", "id": id_}
    made["identifier"] = [{"system": ORGANISATION_NUMBER, "value": number}]
    return made | ({"name": named["display"]} if named.get("display") else {})


def _role(record: UUID, hpr: str, org: str, who: Json) -> Resource:
    made: Resource = {
        "resourceType": "PractitionerRole",
        "id": role_id(record, hpr, org),
        "practitioner": local_reference("Practitioner", practitioner_id(record, hpr)),
        "organization": local_reference("Organization", organization_id(record, org)),
    }
    role = extension_value(who, AUTHOR_ROLE, "valueCoding")
    return made | ({"code": [concept(role)]} if role else {})


def provenance(entry: Entry) -> Entry:
    """Who registered the version of a resource that is shown, when, on whose behalf and, where it is said, how it came to be."""
    return Entry.made("Provenance", entry.id, lambda: _provenance(entry))


def _provenance(entry: Entry) -> Resource:
    resource = entry.resource
    meta = resource["meta"]
    who, where = recorded(resource) or signature(resource)
    agent: Json = {"type": concept(coding(_PARTICIPATION, "author")), "who": who or _herself(resource)}
    made: Resource = {
        "resourceType": "Provenance",
        "id": entry.id,
        "meta": {"versionId": meta["versionId"], "lastUpdated": meta["lastUpdated"]},
        "target": [local_reference(entry.kind, f"{entry.id}/_history/{meta['versionId']}")],
        "recorded": meta["lastUpdated"],
    }
    if origin := origin_of(resource):
        made["activity"] = concept(coding(RECORD_ORIGIN, origin))
    return made | {"agent": [agent | {"onBehalfOf": where} if where else agent]}


def _herself(resource: Resource) -> Json:
    """She is who registered what names nobody else."""
    named: Json = resource.get("subject") or resource.get("patient") or {}
    return {"type": "Patient"} | named


def _meta(view: View) -> Json:
    """What is projected is as new as the record it is made from."""
    if view.record is None:
        return {}
    return {"meta": {"versionId": str(view.record.t), "lastUpdated": to_wire(view.record.changed)}}
