"""An audit row as an AuditEvent: every action, every kind of actor, refusals, and what must never be in it."""

import json
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from msgspec import structs

from helsekort.access.act import Action, Basis
from helsekort.access.actor import ActorKind
from helsekort.audit.audit_event import INTERACTIONS, audit_event, log_bundle
from helsekort.audit.entry import AuditEntry, Detail

PERSON = UUID("0197a000-0000-7000-8000-00000000000a")
RECORD = UUID("0197a000-0000-7000-8000-00000000000b")
AT = datetime(2026, 11, 21, 10, 0, 0, 123000, tzinfo=UTC)
SITE = "https://helsekort.example"
MIDWIFE: dict[str, Any] = {
    "actor_kind": "practitioner",
    "name": "Kari Jordmor",
    "role": "JO",
    "hpr_number": "9144900",
    "organisation_parent": "100100673",
    "organisation": "875300342",
    "organisation_name": "Storgata jordmorsenter",
    "client_id": "ehr-1",
    "token_id": "abc",
    "source_system": "Journal 3",
    "treatment_facility": "Storgata 1",
    "purpose": "TREAT",
    "event_id": "request-7",
    "reason": "behandling",
}


def entry_of(action: str, detail: Detail, *, record: UUID | None = None) -> AuditEntry:
    """A row with this detail."""
    return AuditEntry(UUID(int=7), AT, action, permitted=not detail.refusal, record=record, detail=detail)


def event(action: str = "read-record", **detail: Any) -> dict[str, Any]:  # noqa: ANN401
    """The midwife's act, with what differs; refused where a refusal is given."""
    return audit_event(entry_of(action, Detail(**MIDWIFE | detail), record=RECORD), person=PERSON, site=SITE)


def test_a_read_by_a_midwife() -> None:
    made = event()
    assert (made["id"], made["recorded"]) == (str(UUID(int=7)), "2026-11-21T10:00:00.123Z")
    assert (made["action"], made["outcome"], made["type"]["code"]) == ("R", "0", "110110")
    assert [each["code"] for each in made["subtype"]] == ["read", "read-record"]
    assert made["purposeOfEvent"][0]["coding"][0]["code"] == "TREAT"
    contained = {each["id"]: each for each in made["contained"]}
    assert contained["practitioner"]["identifier"] == [
        {"system": "urn:oid:2.16.578.1.12.4.1.4.4", "value": "9144900"}
    ]
    assert contained["practitioner"]["qualification"][0]["code"]["coding"][0]["code"] == "JO"
    assert contained["legal-entity"]["identifier"][0]["value"] == "100100673"
    assert contained["unit"]["name"] == "Storgata jordmorsenter"
    user, organisation, client, server = made["agent"]
    assert (user["who"], user["requestor"], user["name"]) == ({"reference": "#role"}, True, "Kari Jordmor")
    assert user["policy"] == ["urn:ietf:params:oauth:jti:abc"]
    assert organisation["who"]["identifier"]["value"] == "875300342"
    assert client["who"] == {"type": "Device", "identifier": {"value": "ehr-1"}, "display": "Journal 3"}
    assert [each["type"]["coding"][-1]["code"] for each in made["agent"]] == [
        "IRCP",
        "PROV",
        "110152",
        "110153",
    ]
    assert server["who"]["display"].endswith(SITE)
    patient, record, request = made["entity"]
    assert patient["what"]["reference"] == f"Patient/{PERSON}"
    assert record["what"]["reference"] == f"EpisodeOfCare/{RECORD}"
    assert request["what"]["identifier"]["value"] == "request-7"


def test_what_was_written_by_fhir_is_told_by_type_and_number() -> None:
    _, record, _ = event("write-resources", resources={"Observation": 12, "Encounter": 1})["entity"]
    assert {"type": "resources", "valueString": "1 Encounter, 12 Observation"} in record["detail"]


@pytest.mark.parametrize("action", list(Action))
def test_every_action_has_its_codes(action: Action) -> None:
    made = event(action.value)
    assert (made["action"], made["subtype"][0]["code"]) == INTERACTIONS[action]
    assert (made["action"] == "R") is not action.writes
    assert made["subtype"][-1] == {"system": "urn:helsekort:audit-action", "code": action.value}


def test_an_action_of_a_later_program_is_not_guessed_at() -> None:
    made = event("something-new")
    assert made["action"] == "E"
    assert [each["code"] for each in made["subtype"]] == ["something-new"]


WHO = {
    ActorKind.PRACTITIONER: {"reference": "#role"},
    ActorKind.MACHINE: {"type": "Device", "identifier": {"value": "ehr-1"}, "display": "Journal 3"},
    ActorKind.CITIZEN: {"type": "Patient", "reference": f"Patient/{PERSON}"},
    ActorKind.PROXY: {"type": "RelatedPerson", "display": "Kari Jordmor"},
    ActorKind.SYSTEM: {"type": "Device", "display": "Digitalt helsekort"},
}


@pytest.mark.parametrize("kind", list(ActorKind))
def test_every_kind_of_actor_is_told(kind: ActorKind) -> None:
    made = event(actor_kind=kind.value)
    assert made["agent"][0]["who"] == WHO[kind]
    assert ("contained" in made) is (kind is ActorKind.PRACTITIONER)
    own = kind in {ActorKind.CITIZEN, ActorKind.PROXY}
    assert made["purposeOfEvent"][0]["coding"][0]["code"] == ("PATRQT" if own else "TREAT")


def test_an_attempt_by_nobody_known() -> None:
    entry = entry_of("read-status", Detail(actor_kind="unknown", refusal="forbidden"))
    made = audit_event(entry, person=PERSON, site=SITE)
    assert made["agent"][0]["who"] == {"display": "Ukjent"}
    assert made["outcomeDesc"] == "forbidden"
    assert "what" not in made["entity"][1]


def test_a_refused_act_is_an_alert_with_its_reason() -> None:
    made = event(reason="Avvist: sperret for deg", refusal="blocked")
    assert (made["type"]["code"], made["action"], made["outcome"]) == ("110113", "E", "8")
    assert made["outcomeDesc"] == "Avvist: sperret for deg"
    assert [each["code"] for each in made["subtype"]] == ["AuthZ-Consent", "read", "read-record"]


def test_an_emergency_and_a_lifted_block_are_told() -> None:
    made = event(basis=Basis.EMERGENCY.value, why="Blødning", lifted=True)
    assert [each["coding"][0]["code"] for each in made["purposeOfEvent"]] == ["TREAT", "BTG"]
    assert made["purposeOfEvent"][-1]["text"] == "Blødning"
    told = {each["type"]: each["valueString"] for each in made["entity"][1]["detail"]}
    assert (told["basis"], told["blockLifted"]) == ("AKUTT", "true")


def test_the_care_relation_where_it_is_known() -> None:
    assert [each["url"].rsplit("/", 1)[-1] for each in event()["extension"]] == [
        "auditevent-patient-extension"
    ]
    relation = event(decision_reference="b-1", opened_by_hand=False)["extension"][1]
    assert relation["url"].endswith("/auditevent-carerelation-metadata-extension")
    parts = {each["url"]: each for each in relation["extension"]}
    assert parts["decision-ref-id"]["valueString"] == "b-1"
    assert parts["decision-ref-user-selected"]["valueBoolean"] is False
    assert "valueUnsignedInt" not in parts["toa"]  # not kept, and not made up


def test_nothing_is_empty_and_what_is_contained_is_referred_to() -> None:
    def check(value: object) -> None:
        assert value not in ("", None, [], {})
        for each in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
            check(each)

    bare = [
        entry_of(action.value, Detail(actor_kind=kind.value, refusal=refusal))
        for action in Action
        for kind in ActorKind
        for refusal in ("", "forbidden")
    ]
    poor = [audit_event(entry, person=PERSON, site=SITE) for entry in bare]
    for made in (event(), event(refusal="blocked"), *poor):
        check(made)
        text = json.dumps(made)
        assert all(f'"#{each["id"]}"' in text for each in made.get("contained", ()))


def test_her_log_as_a_bundle() -> None:
    log = [structs.replace(entry_of("read-record", Detail(**MIDWIFE)), id=UUID(int=n)) for n in (1, 2)]
    made = log_bundle(log, person=PERSON, site=SITE, at=AT)
    assert (made["type"], made["timestamp"]) == ("collection", "2026-11-21T10:00:00.123Z")
    assert [each["fullUrl"] for each in made["entry"]] == [f"urn:uuid:{UUID(int=n)}" for n in (1, 2)]
    assert "entry" not in log_bundle([], person=PERSON, site=SITE, at=AT)
