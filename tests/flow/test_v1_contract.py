"""The national JSON contract, call by call, over a real ledger."""

import json
from uuid import UUID, uuid4

import pytest

from helsekort.access.act import Action
from helsekort.access.actor import ActorKind
from helsekort.api.v1.callers import callers_of
from helsekort.api.v1.openapi import refusals_of
from helsekort.api.v1.routes import ROUTES
from helsekort.api.v1.work import Writing
from helsekort.basics.refusal import Kind
from helsekort.ledger.ledger import Ledger
from tests.flow.v1_service import ANNE, BERIT, CARI, DINA, NOBODY, Service, service_on

VISIT = {
    "appointmentDate": "2026-03-02",
    "pregnancyWeek": 12,
    "bloodPressure": "118/76",
    "motherWeight": 64.50,
}
SECTIONS = [
    "mother",
    "pointsOfContact",
    "currentPregnancy",
    "previousPregnancies",
    "geneticDisorders",
    "medicalConditions",
    "medication",
    "lifestyleFactors",
    "vitalMeasurementsBeforePregnancy",
    "clinicalTests",
    "rhesusDNegative",
    "birthStatus",
]


@pytest.fixture
async def service(ledger: Ledger) -> Service:
    """The contract over an empty ledger; Anne has consented."""
    made = service_on(ledger)
    await made.consent()
    return made


class TestStatus:
    """GET /status."""

    async def test_consent_and_no_record(self, service: Service) -> None:
        assert await service.client("machine").ok("GET", "/status") == {
            "hasGivenConsent": True,
            "hasActiveMaternityRecord": False,
            "lastChangedDateTime": None,
            "latestRecordId": None,
            "deceased": False,
        }

    async def test_a_change_shows_to_another_system(self, service: Service) -> None:
        gp, hospital = service.client("gp"), service.client("machine")
        record = await gp.record()
        first = await hospital.ok("GET", "/status")
        assert (first["hasActiveMaternityRecord"], first["latestRecordId"]) == (True, record)
        await gp.ok("POST", f"/record/{record}/mother", {"name": "Anne"}, status=201)
        second = await hospital.ok("GET", "/status")
        assert second["lastChangedDateTime"] > first["lastChangedDateTime"]
        assert second["lastChangedDateTime"].endswith("Z")

    async def test_a_confidential_address_looks_like_no_consent(self, service: Service) -> None:
        protected = await service.client("machine", CARI).send("GET", "/status")
        without = await service.client("machine", BERIT).send("GET", "/status")
        assert (protected.status_code, protected.content) == (without.status_code, without.content)

    async def test_a_woman_who_is_dead(self, service: Service) -> None:
        assert (await service.client("gp", DINA).ok("GET", "/status"))["deceased"] is True

    async def test_it_is_written_to_her_log(self, service: Service) -> None:
        await service.client("machine").ok("GET", "/status")
        assert ("read-status", "") in await service.log_of()


class TestCreate:
    """POST /record."""

    async def test_an_empty_record(self, service: Service) -> None:
        answer = await service.client().send("POST", "/record", {})
        card = answer.json()
        assert answer.status_code == 201
        record = card["metadata"]["recordId"]
        assert answer.headers["location"] == f"/api/maternity-record/v1/record/{UUID(record)}"
        assert card["metadata"]["recordStatus"]["status"] == "ACTIVE"
        assert [card[name] for name in SECTIONS] == [None] * 12
        assert card["antenatalAppointments"] == card["symphysisFundalHeights"] == []
        assert await service.client("hospital").ok("GET", f"/record/{record}") == card

    async def test_a_record_with_sections_and_what_we_do_not_know(self, service: Service) -> None:
        body = {
            "mother": {"name": "Anne", "shoeSize": 38},
            "antenatalAppointments": [VISIT, VISIT | {"appointmentDate": "2026-04-01"}],
            "somethingNew": {"a": [1.10, None, "æ"]},
        }
        record = await service.client().record(body)
        card = await service.client().ok("GET", f"/record/{record}")
        assert card["mother"]["shoeSize"] == 38
        assert card["somethingNew"] == {"a": [1.10, None, "æ"]}
        assert [visit["appointmentDate"] for visit in card["antenatalAppointments"]] == [
            "2026-03-02",
            "2026-04-01",
        ]

    async def test_a_second_active_record(self, service: Service) -> None:
        await service.client().record()
        assert "exists" in await service.client("midwife").refused(Kind.ALREADY_EXISTS, "POST", "/record", {})

    @pytest.mark.parametrize(
        ("woman", "kind"),
        [
            (BERIT, Kind.NO_CONSENT),
            (CARI, Kind.CONFIDENTIAL_ADDRESS),
            (NOBODY, Kind.INVALID_NIN),
        ],
    )
    async def test_who_cannot_have_one(self, service: Service, woman: object, kind: Kind) -> None:
        assert isinstance(woman, type(ANNE))
        await service.client("gp", woman).refused(kind, "POST", "/record", {})

    async def test_a_woman_who_died_after_she_consented(self, service: Service) -> None:
        await service.ledger.update_person(ANNE, deceased=True, confidential=False)
        await service.client().refused(Kind.DECEASED, "POST", "/record", {})


class TestSections:
    """POST and PUT of the sections."""

    @pytest.mark.parametrize("section", SECTIONS)
    async def test_each_section_is_created_once_and_changed_after(
        self, service: Service, section: str
    ) -> None:
        gp = service.client()
        address = f"/record/{await gp.record()}/{section}"
        await gp.refused(Kind.NOT_FOUND, "PUT", address, {"metadata": {"version": 1}})
        created = await gp.send("POST", address, {"x": None, "y": "2"})
        stored = created.json()
        assert created.status_code == 201
        assert created.headers["location"].endswith(address)
        assert (stored["x"], stored["y"], stored["metadata"]["version"]) == (None, "2", 1)
        assert "PUT" in await gp.refused(Kind.ALREADY_EXISTS, "POST", address, {})
        changed = await service.client("midwife").ok("PUT", address, {"metadata": {"version": 1}, "y": "3"})
        assert (changed["metadata"]["version"], changed["metadata"]["lastUpdatedBy"]["name"]) == (
            2,
            "Kari Jordmor",
        )
        assert "x" not in changed
        await gp.refused(Kind.VERSION_CONFLICT, "PUT", address, {"metadata": {"version": 1}, "y": "4"})
        await gp.refused(Kind.INVALID, "PUT", address, {"y": "4"})
        card = await gp.ok("GET", address.removesuffix(f"/{section}"))
        assert card[section] == changed

    async def test_the_author_is_told(self, service: Service) -> None:
        record = await service.client().record()
        answer = await service.client("midwife").ok("POST", f"/record/{record}/mother", {}, status=201)
        assert answer["metadata"]["lastUpdatedBy"] == {
            "userType": "HEALTH_CARE_PROFESSIONAL",
            "orgNr": "974589095",
            "orgName": "Munkholmen legesenter",
            "treatmentFacilityName": None,
            "hprNr": "333300041",
            "hprRole": "JO",
            "name": "Kari Jordmor",
        }

    async def test_a_section_there_is_not(self, service: Service) -> None:
        record = await service.client().record()
        await service.client().refused(Kind.NO_SUCH_ROUTE, "POST", f"/record/{record}/father", {})

    async def test_a_list_is_replaced_item_by_item(self, service: Service) -> None:
        record = await service.client().record()
        for name in ("antenatalAppointments", "symphysisFundalHeights"):
            answer = await service.client().send("PUT", f"/record/{record}/{name}", {})
            assert (answer.status_code, answer.headers["allow"]) == (405, "POST")


class TestItems:
    """Visits and symphysis-fundal heights."""

    async def test_a_visit_is_written_changed_and_marked(self, service: Service) -> None:
        midwife = service.client("midwife")
        record = await midwife.record()
        answer = await midwife.send("POST", f"/record/{record}/antenatalAppointments", VISIT)
        visit = answer.json()
        assert answer.status_code == 201
        assert '"motherWeight":64.5' in answer.text
        address = f"/record/{record}/antenatalAppointments/{visit['metadata']['id']}"
        assert answer.headers["location"].endswith(address)
        changed = await midwife.ok(
            "PUT", address, VISIT | {"metadata": {"version": 1}, "note": "Har det bra"}
        )
        assert changed["metadata"]["version"] == 2
        message = await midwife.refused(
            Kind.VERSION_CONFLICT, "PUT", address, VISIT | {"metadata": {"version": 1}}
        )
        assert "2" in message
        marked = await midwife.ok("DELETE", address)
        assert (marked["metadata"]["enteredInError"], marked["note"]) == (True, "Har det bra")
        await midwife.refused(Kind.DELETED, "PUT", address, VISIT | {"metadata": {"version": 3}})
        await midwife.refused(Kind.DELETED, "DELETE", address)
        card = await midwife.ok("GET", f"/record/{record}")
        assert card["antenatalAppointments"] == [marked]

    async def test_a_delete_may_say_what_it_has_seen(self, service: Service) -> None:
        gp = service.client()
        record = await gp.record()
        height = {"measurement": 31, "pregnancyWeek": 32}
        stored = await gp.ok("POST", f"/record/{record}/symphysisFundalHeights", height, status=201)
        address = f"/record/{record}/symphysisFundalHeights/{stored['metadata']['id']}"
        await gp.refused(Kind.VERSION_CONFLICT, "DELETE", address, {"metadata": {"version": 7}})
        await gp.refused(Kind.INVALID, "DELETE", address, {"metadata": {"version": "1"}})
        await gp.ok("DELETE", address, {"metadata": {"version": 1}})

    @pytest.mark.parametrize("method", ["PUT", "DELETE"])
    async def test_an_item_there_is_not(self, service: Service, method: str) -> None:
        gp = service.client()
        record = await gp.record()
        body = VISIT | {"metadata": {"version": 1}} if method == "PUT" else None
        for item in (uuid4(), "42", record):
            await gp.refused(Kind.NOT_FOUND, method, f"/record/{record}/antenatalAppointments/{item}", body)


class TestUpdateStatus:
    """POST /record/{id}/updateStatus."""

    async def test_a_birth(self, service: Service) -> None:
        gp = service.client()
        record = await gp.record()
        address = f"/record/{record}/updateStatus"
        birth = {"status": "DELIVERED", "deliveryDate": "2026-09-01", "liveBirth": True}
        assert "birthStatus" in await gp.refused(Kind.INVALID, "POST", address, birth)
        born = {"birthStatus": [{"fosterId": 1, "status": {"code": "1"}, "datetime": "2026-09-01T10:11:00"}]}
        await gp.ok("POST", f"/record/{record}/birthStatus", born, status=201)
        ended = await gp.ok("POST", address, {"metadata": {"version": 1, "recordStatus": birth}})
        assert ended["metadata"]["recordStatus"]["status"] == "DELIVERED"
        assert (await gp.ok("GET", "/status"))["hasActiveMaternityRecord"] is False
        await gp.refused(Kind.INACTIVE_RECORD, "POST", f"/record/{record}/mother", {})
        await gp.refused(Kind.INACTIVE_RECORD, "POST", address, birth)
        assert (await gp.ok("GET", f"/record/{record}"))["metadata"] == ended["metadata"]
        assert await gp.record() != record

    async def test_a_pregnancy_that_ends(self, service: Service) -> None:
        gp = service.client()
        record = await gp.record()
        address = f"/record/{record}/updateStatus"
        assert "terminationDate" in await gp.refused(Kind.INVALID, "POST", address, {"status": "TERMINATED"})
        end = {"recordStatus": {"status": "TERMINATED", "terminationDate": "2026-05-01"}}
        assert (await gp.ok("POST", address, end))["metadata"]["recordStatus"][
            "terminationDate"
        ] == "2026-05-01"


class TestHistory:
    """GET /history and /history/{id}."""

    async def test_every_record_the_oldest_first(self, service: Service) -> None:
        gp = service.client()
        assert await gp.ok("GET", "/history") == {"history": []}
        first = await gp.record()
        end = {"status": "TERMINATED", "terminationDate": "2026-05-01"}
        await gp.ok("POST", f"/record/{first}/updateStatus", end)
        second = await gp.record()
        history = (await gp.ok("GET", "/history"))["history"]
        assert [each["recordId"] for each in history] == [first, second]
        assert [each["recordStatus"]["status"] for each in history] == ["TERMINATED", "ACTIVE"]
        assert history[0].keys() >= {"recordId", "recordStatus", "version", "lastUpdated", "lastUpdatedBy"}

    async def test_every_change_of_one_record(self, service: Service) -> None:
        gp, midwife = service.client(), service.client("midwife")
        record = await gp.record({"mother": {"name": "Anne"}, "odd": 1})
        stored = await midwife.ok("POST", f"/record/{record}/antenatalAppointments", VISIT, status=201)
        address = f"/record/{record}/antenatalAppointments/{stored['metadata']['id']}"
        marked = await gp.ok("DELETE", address)
        end = {"status": "TERMINATED", "terminationDate": "2026-05-01"}
        await midwife.ok("POST", f"/record/{record}/updateStatus", end)
        history = (await gp.ok("GET", f"/history/{record}"))["history"]
        assert [each["version"] for each in history] == [1, 2, 3, 4]
        assert [each["lastUpdatedBy"]["name"] for each in history] == [
            "Rolf Lege",
            "Kari Jordmor",
            "Rolf Lege",
            "Kari Jordmor",
        ]
        changes = [each["changes"] for each in history]
        assert (changes[0]["mother"]["name"], changes[0]["odd"]) == ("Anne", 1)
        assert changes[1]["antenatalAppointments"] == [stored]
        assert changes[2]["antenatalAppointments"] == [marked]
        assert changes[3].keys() == {"metadata"}
        assert history[0]["lastUpdated"] < history[3]["lastUpdated"]


class TestWho:
    """Which record, and whose."""

    @pytest.mark.parametrize("path", ["/record/{}", "/history/{}"])
    async def test_an_id_that_is_not_hers(self, service: Service, path: str) -> None:
        await service.consent(BERIT)
        theirs = await service.client("gp", BERIT).record()
        for record in (theirs, str(uuid4()), "42", theirs.upper()):
            await service.client().refused(Kind.UNKNOWN_RECORD, "GET", path.format(record))

    async def test_another_womans_record_is_not_written(self, service: Service) -> None:
        await service.consent(BERIT)
        theirs = await service.client("gp", BERIT).record()
        before = (await service.client("gp", BERIT).send("GET", f"/record/{theirs}")).content
        await service.client().refused(Kind.UNKNOWN_RECORD, "POST", f"/record/{theirs}/mother", {})
        assert (await service.client("gp", BERIT).send("GET", f"/record/{theirs}")).content == before

    @pytest.mark.parametrize("caller", ["machine", "anne", "secretary"])
    async def test_who_may_not_write(self, service: Service, caller: str) -> None:
        record = await service.client().record()
        kind = Kind.INVALID_ROLE if caller == "secretary" else Kind.INVALID_USER
        await service.client(caller).refused(kind, "POST", f"/record/{record}/mother", {})
        assert ("write-section", kind.value) in await service.log_of()

    async def test_a_machine_reads_nothing_but_status(self, service: Service) -> None:
        record = await service.client().record()
        for path in (f"/record/{record}", "/history", f"/history/{record}"):
            await service.client("machine").refused(Kind.INVALID_USER, "GET", path)

    async def test_she_reads_her_own_and_nobody_elses(self, service: Service) -> None:
        record = await service.client().record()
        await service.client("anne").ok("GET", f"/record/{record}")
        await service.client("anne", BERIT).refused(Kind.INVALID_USER, "GET", "/status")

    async def test_withdrawal_is_obeyed_at_once(self, service: Service) -> None:
        record = await service.client().record()
        await service.door.withdraw_consent(service.own_act(Action.WITHDRAW_CONSENT, ANNE))
        await service.client().refused(Kind.NO_CONSENT, "GET", f"/record/{record}")
        assert (await service.client().ok("GET", "/status"))["hasGivenConsent"] is False

    async def test_a_refusal_before_the_record_is_in_her_log(self, service: Service) -> None:
        answer = await service.client().send("GET", "/history", headers={"x-forged": "1"})
        assert answer.json()["errorCode"] == "DHG-0005"
        assert ("read-history", "invalid-role") in await service.log_of()

    async def test_bad_input_is_in_her_log(self, service: Service) -> None:
        record = await service.client().record()
        await service.client().refused(Kind.MALFORMED, "POST", f"/record/{record}/mother", [1])
        await service.client().refused(Kind.INVALID, "POST", f"/record/{record}/mother", {"name": 1})
        log = await service.log_of()
        assert ("write-section", "malformed") in log
        assert ("write-section", "invalid") in log

    async def test_nobody_trustworthy(self, service: Service) -> None:
        answer = await service.client("somebody").send("GET", "/status")
        assert (answer.status_code, answer.json()["errorCode"]) == (401, "AUTH-0001")
        assert "DPoP" in answer.headers["www-authenticate"]

    async def test_a_number_that_is_none(self, service: Service) -> None:
        answer = await service.client().send("GET", "/status", headers={"nhn-patient-nin": "12345678901"})
        assert answer.json()["errorCode"] == "DHG-0013"
        assert "12345678901" not in answer.text


class TestDescription:
    """GET /openapi.json."""

    async def test_it_is_served_without_a_token(self, service: Service) -> None:
        description = await service.client("somebody").ok("GET", "/openapi.json")
        assert description["openapi"] == "3.1.0"
        assert len(description["paths"]) == 22
        assert json.dumps(description).count("$ref") > 100

    async def test_its_examples_are_taken(self, service: Service) -> None:
        gp = service.client()
        schemas = (await gp.ok("GET", "/openapi.json"))["components"]["schemas"]
        record = await gp.record()
        for route in ROUTES:
            if route.method == "POST" and route.section:
                [example] = schemas[route.takes]["examples"]
                stored = await gp.ok("POST", f"/record/{record}/{route.section}", example, status=201)
                assert stored.keys() == {"metadata", *example}

    def test_every_refusal_is_told_of(self) -> None:
        told = {kind for route in ROUTES for kind in refusals_of(route)}
        of_fhir = {
            Kind.PRECONDITION_FAILED,
            Kind.CONTRADICTION,
            Kind.NOT_ACCEPTABLE,
            Kind.NO_SUCH_RESOURCE,
            Kind.INVALID_PARAMETER,
        }
        assert set(Kind) - told - of_fhir == {Kind.NO_SUCH_ROUTE, Kind.METHOD_NOT_ALLOWED}

    def test_who_may_call_what(self) -> None:
        writes = [route for route in ROUTES if isinstance(route.work, Writing)]
        assert {callers_of(route.action) for route in writes} == {frozenset({ActorKind.PRACTITIONER})}
        for_machines = [r.template for r in ROUTES if ActorKind.MACHINE in callers_of(r.action)]
        assert for_machines == ["/status"]

    async def test_etag_is_the_number_of_the_commit(self, service: Service) -> None:
        gp = service.client()
        record = await gp.record()
        assert (await gp.send("GET", f"/record/{record}")).headers["etag"] == '"1"'
        await gp.ok("POST", f"/record/{record}/mother", {}, status=201)
        assert (await gp.send("GET", f"/record/{record}")).headers["etag"] == '"2"'
