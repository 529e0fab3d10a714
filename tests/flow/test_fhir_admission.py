"""The switch and the limits at the FHIR API: closed and too many are told as OperationOutcomes, and nothing else is touched."""

from __future__ import annotations

from dataclasses import replace

import pytest

from helsekort.access.limits import Allowance, Allowances
from helsekort.access.switch import Off
from helsekort.basics.refusal import Kind
from helsekort.ledger.ledger import Ledger
from tests.admitting import admitting
from tests.flow.fhir_service import Fhir, fhir_on, refusal
from tests.flow.v1_service import ANNE, BERIT


def switched(ledger: Ledger, off: set[str] | None) -> Fhir:
    """The API with some scopes off; None where the switch is not known."""

    def now() -> Off | None:
        return None if off is None else frozenset(off)

    return fhir_on(ledger, admission=admitting(ledger, off=now))


@pytest.mark.parametrize(
    ("off", "reads", "writes"),
    [
        (set(), None, Kind.NO_SUCH_RESOURCE),
        ({"contract:v1"}, None, Kind.NO_SUCH_RESOURCE),
        ({"contract:fhir"}, Kind.CONTRACT_OFF, Kind.CONTRACT_OFF),
        ({"writing"}, None, Kind.WRITING_OFF),
        ({"all"}, Kind.SWITCHED_OFF, Kind.SWITCHED_OFF),
        ({"client:ehr-1"}, Kind.CALLER_OFF, Kind.CALLER_OFF),
        (None, Kind.DATABASE, Kind.DATABASE),
    ],
)
async def test_what_is_off_is_off(
    ledger: Ledger, off: set[str] | None, reads: Kind | None, writes: Kind
) -> None:
    fhir = switched(ledger, off)
    path = f"/EpisodeOfCare/{await fhir.record()}"
    answer = await fhir.client().send("GET", path)
    if reads is None:
        assert answer.status_code == 200
    else:
        refusal(answer, reads)
        assert answer.headers["retry-after"]
    refusal(await fhir.client().send("DELETE", "/Observation/x"), writes)


async def test_a_statement_of_what_is_closed_is_closed_too(ledger: Ledger) -> None:
    await switched(ledger, {"contract:fhir"}).client(by="").refused(Kind.CONTRACT_OFF, "GET", "/metadata")


async def test_too_many_requests_and_too_many_women(ledger: Ledger) -> None:
    few = replace(Allowances(), practitioner=Allowance(burst=4, each_second=0.001, persons_an_hour=1))
    fhir = fhir_on(ledger, admission=admitting(ledger, allowances=few))
    hers, anothers = await fhir.record(), await fhir.record(patient=BERIT)
    client = fhir.client()
    await client.ok("GET", f"/EpisodeOfCare/{hers}")
    for path in (f"/EpisodeOfCare/{anothers}", f"/Encounter?episode-of-care={anothers}"):
        answer = await client.send("GET", path)
        outcome = refusal(answer, Kind.TOO_MANY)
        assert "persons" in outcome["issue"][0]["details"]["text"]
        assert int(answer.headers["retry-after"]) > 0
    answers = [await fhir.client(patient=ANNE).send("GET", f"/EpisodeOfCare/{hers}") for _ in range(3)]
    assert [one.status_code for one in answers] == [200, 429, 429]
