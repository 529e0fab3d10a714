"""Addresses as clients write them: percent-encoded where nothing needs it (RFC 3986 section 6.2.2.2), or with a last slash."""

from __future__ import annotations

import pytest

from helsekort.basics.refusal import Kind
from helsekort.ledger.ledger import Ledger
from tests.flow.fhir_service import Client, Fhir, fhir_on
from tests.flow.test_fhir_operations import CARD
from tests.flow.v1_service import ANNE


@pytest.fixture
async def fhir(ledger: Ledger) -> Fhir:
    return fhir_on(ledger)


def encoded(text: str, letters: str = "-.") -> str:
    """The text with some letters percent-encoded, in small and large digits by turns."""
    made = (f"%{ord(one):02X}" if one in letters else one for one in text)
    return "".join(one.lower() if n % 2 and one.startswith("%") else one for n, one in enumerate(made))


async def an_observation(client: Client, record: str) -> str:
    found = await client.ok("GET", f"/Observation?episode-of-care={record}")
    return str(found["entry"][0]["resource"]["id"])


class TestPercentEncoded:
    async def test_an_id_is_the_same_id(self, fhir: Fhir) -> None:
        client = fhir.client()
        record = await fhir.record(CARD)
        observation = await an_observation(client, record)
        for written in (
            encoded(observation),
            encoded(observation, "abc.0"),
            f"%{ord(observation[0]):x}{observation[1:]}",
        ):
            plain = await client.ok("GET", f"/Observation/{observation}")
            assert await client.ok("GET", f"/Observation/{written}") == plain
            assert await client.ok("GET", f"/Observation/{written}/_history/1") == plain
        assert (await client.ok("GET", f"/EpisodeOfCare/{encoded(record)}/$everything"))["total"]
        assert (await client.ok("GET", f"/EpisodeOfCare/{encoded(record)}/%24everything"))["total"]
        assert (await client.ok("GET", f"/EpisodeOfCare/{record}/%5fhistory"))["total"]

    async def test_of_what_is_written_too(self, fhir: Fhir) -> None:
        client = fhir.client()
        person = await fhir.person(await fhir.record(CARD))
        sent = {
            "resourceType": "Condition",
            "subject": {"reference": f"Patient/{person}"},
            "code": {"text": "Lupus"},
        }
        made = await client.ok("POST", "/Condition", sent, status=201)
        answer = await client.send("PUT", f"/Condition/{encoded(made['id'])}", made)
        assert answer.status_code == 200
        asked = {"resourceType": "Bundle", "type": "batch"}
        entry = {"request": {"method": "GET", "url": f"Condition/{encoded(made['id'])}"}}
        batch = await fhir.client(patient=ANNE).ok("POST", "", asked | {"entry": [entry]})
        assert batch["entry"][0]["response"]["status"].startswith("200")

    async def test_what_means_something_else_encoded_stays_so(self, fhir: Fhir) -> None:
        client = fhir.client()
        record = await fhir.record(CARD)
        for path in (
            f"/EpisodeOfCare%2F{record}",
            f"/EpisodeOfCare/{record}%2f_history",
            f"/EpisodeOfCare/{record}%00",
            f"/EpisodeOfCare/%252D{record}",
            f"/EpisodeOfCare/{record}%",
            f"/EpisodeOfCare/x/%2e%2e/{record}",
            "/EpisodeOfCare/%2e%2e",
        ):
            assert (await client.send("GET", path)).status_code == 404, path

    @pytest.mark.parametrize("letters", ["0123456789", "1", "0"])
    async def test_a_national_identity_number_is_found_out(self, fhir: Fhir, letters: str) -> None:
        await fhir.record(CARD)
        number = encoded(ANNE.reveal(), letters)
        client = fhir.client()
        for path in (f"/Patient/{number}", f"/Patient/{number}/$everything", f"/Observation/x.{number}"):
            answer = await client.send("GET", path)
            assert answer.status_code == 400, path
            assert ANNE.reveal() not in answer.text
        fhir.log.flush()
        assert ANNE.reveal() not in "".join(fhir.lines)
        assert number not in "".join(fhir.lines)


class TestALastSlash:
    async def test_it_is_told_what_to_do(self, fhir: Fhir) -> None:
        client = fhir.client()
        record = await fhir.record(CARD)
        for path in (f"/EpisodeOfCare/{record}/", "/metadata/", f"/EpisodeOfCare/{record}/_history/"):
            refused = await client.refused(Kind.NO_SUCH_ROUTE, "GET", path)
            assert "slash" in refused["issue"][0]["details"]["text"]
        refused = await client.refused(Kind.NO_SUCH_ROUTE, "GET", "/Sausage/")
        assert "slash" not in refused["issue"][0]["details"]["text"]
