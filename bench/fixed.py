"""The service put together from its own parts, but for the caller: always the same doctor, for the patient the header names.

It shows what the checks of token and proof cost, by leaving them out. Only the benchmark can put it together so: the service has
no setting for it. Run as `python -m bench.fixed DATABASE KEYS PORT`.
"""

from __future__ import annotations

import gc
import socket
import sys
from contextlib import AsyncExitStack
from functools import partial
from importlib.metadata import version
from pathlib import Path
from zoneinfo import ZoneInfo

import uvicorn
import uvloop

from bench.bare import server_config
from bench.callers import CHILD, PARENT, practitioners
from helsekort.access.actor import Actor, ActorKind, Organisation
from helsekort.access.caller import Caller
from helsekort.access.gate import FindPatient
from helsekort.access.headers import Naming, read_headers, sent
from helsekort.access.limits import Allowance, Allowances, Limits
from helsekort.api.fhir import app as fhir
from helsekort.api.fhir.call import Api
from helsekort.api.fhir.searches import searchable
from helsekort.api.fhir.work import PREFIX
from helsekort.api.http.log import RequestLog
from helsekort.api.http.request import Request
from helsekort.api.v1 import app as contract
from helsekort.app import DEFINITION_FILES, Service
from helsekort.basics.clock import system_clock
from helsekort.basics.ids import new_id
from helsekort.basics.nin import NationalIdentityNumber
from helsekort.fhir.definitions import read as read_definitions
from helsekort.ledger.ledger import Ledger
from helsekort.ledger.sealing import Keyring
from helsekort.maternity.offering import OFFERING
from helsekort.maternity.redaction import for_proposal, redact_in_turns
from helsekort.records.admission import Admission
from helsekort.records.door import Door
from helsekort.records.register import RegisteredPerson

DOCTOR = practitioners()[0]
ACTOR = Actor(
    kind=ActorKind.PRACTITIONER,
    name=DOCTOR.name,
    client_id="bench-ehr",
    nin=NationalIdentityNumber.parse(DOCTOR.nin, allow_synthetic=True),
    hpr_number=DOCTOR.hpr_number,
    role="LE",
    organisation=Organisation(PARENT, CHILD, "Ytelse fødeavdeling"),
    token_id="fixed",  # noqa: S106 an id, not a secret
)


async def always_the_doctor(request: Request) -> Caller:
    """The fixed caller; whom the request is about is still read from its headers."""
    headers = read_headers(sent(request.headers.items()), allow_synthetic=True)
    return Caller(ACTOR, headers.patient, headers.source_system, headers.treatment_facility, headers.refused)


async def the_doctor_about(request: Request, find_patient: FindPatient | None) -> Caller:
    """The fixed caller of the FHIR API, where the woman may be named by an id."""
    naming = Naming.NOBODY if find_patient is None else Naming.OPTIONAL
    headers = read_headers(sent(request.raw), allow_synthetic=True, naming=naming)
    patient = headers.patient if find_patient is None else await find_patient(headers.patient)
    return Caller(ACTOR, patient, headers.source_system, headers.treatment_facility, headers.refused)


async def nobody_new(number: NationalIdentityNumber) -> RegisteredPerson | None:
    """The person register is not asked: every woman is in the ledger."""
    raise LookupError(f"{number} is not in the database that was made for this")


async def nothing_to_read() -> None:
    """The switch is on, and nobody turns it."""


def always_open(ledger: Ledger) -> Admission:
    """Counts as in operation, with allowances that a benchmark cannot use up."""
    endless = Allowance(burst=10**9, each_second=10**9, persons_an_hour=10**9)
    allowances = Allowances(endless, endless, endless, endless, endless, endless)
    return Admission(
        off=frozenset,
        read_again=nothing_to_read,
        limits=Limits(allowances, salt=b"bench"),
        note=partial(ledger.note, None),
        clock=system_clock,
        new_id=new_id,
    )


async def serve(database: str, keys: Path, port: int) -> None:
    """Open the ledger, serve the contract until stopped, close it."""
    async with AsyncExitStack() as stack:
        ledger = await Ledger.open(database, Keyring.load(keys), new_id=new_id)
        stack.push_async_callback(ledger.close)
        log = RequestLog(sys.stdout.write, system_clock)
        stack.callback(log.flush)
        door = Door(
            ledger=ledger,
            find_person=nobody_new,
            new_id=new_id,
            redact=redact_in_turns,
            for_proposal=for_proposal,
        )
        v1 = contract.build(
            door=door,
            admission=always_open(ledger),
            identify=always_the_doctor,
            clock=system_clock,
            new_id=new_id,
            log=log,
        )
        r4 = fhir.build(
            api_over(door, port), admission=always_open(ledger), identify=the_doctor_about, log=log
        )
        service = Service(api=v1, fhir=r4, queue=v1, rest=v1)
        listening = stack.enter_context(socket.create_server(("127.0.0.1", port)))
        gc.collect()
        gc.freeze()  # as in operation
        await uvicorn.Server(server_config(service)).serve([listening])


def api_over(door: Door, port: int) -> Api:
    """What stands behind the FHIR API, as in operation; nobody is told of changes, and there is no token endpoint to name."""
    definitions = read_definitions(*DEFINITION_FILES)
    return Api(
        door=door,
        clock=system_clock,
        new_id=new_id,
        bases=(f"http://127.0.0.1:{port}{PREFIX}",),
        zone=ZoneInfo("Europe/Oslo"),
        allow_synthetic=True,
        offering=OFFERING,
        definitions=definitions,
        searchable=searchable(OFFERING, definitions),
        may_send=lambda _client, _endpoint: False,
        find_person=nobody_new,
        endpoints=no_endpoints,
        scope="",
        version=version("helsekort"),
    )


async def no_endpoints() -> None:
    """No provider is asked."""


def main() -> None:
    """Serve with the database, keys and port given."""
    database, keys, port = sys.argv[1:]
    uvloop.run(serve(database, Path(keys), int(port)))


if __name__ == "__main__":
    main()
