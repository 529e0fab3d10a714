"""The composition root: the one place where the rooms are put together into a running service."""

from __future__ import annotations

import asyncio
import gc
import logging
import signal
import socket
import sys
from collections.abc import AsyncIterator, Coroutine, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from importlib.metadata import version
from secrets import token_bytes
from zoneinfo import ZoneInfo

import httpx
import uvicorn
import uvloop
from starlette.applications import Starlette
from starlette.routing import Mount, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from helsekort.access.caller import Rules
from helsekort.access.gate import Gate
from helsekort.access.headers import Naming
from helsekort.access.limits import Limits
from helsekort.access.proof import ProofPolicy
from helsekort.access.token import Source, TokenPolicy
from helsekort.api import plain
from helsekort.api.fhir import app as fhir_app
from helsekort.api.fhir.call import Api
from helsekort.api.fhir.searches import searchable
from helsekort.api.fhir.work import PREFIX as FHIR_PREFIX
from helsekort.api.http.log import RequestLog
from helsekort.api.organisation import app as organisation
from helsekort.api.organisation.operations import PREFIX as QUEUE_PREFIX
from helsekort.api.v1 import app as contract
from helsekort.api.v1.caller import identify_at
from helsekort.api.v1.work import PREFIX
from helsekort.basics.clock import system_clock
from helsekort.basics.ids import new_id
from helsekort.basics.nin import NationalIdentityNumber
from helsekort.basics.startup import CannotStart
from helsekort.citizen import pages
from helsekort.citizen.settings import PageSettings
from helsekort.citizen.site import FindRepresented, Represented
from helsekort.fhir.definitions import BUILT as R4
from helsekort.fhir.definitions import read as read_definitions
from helsekort.ledger.checkpoint_key import signing_key
from helsekort.ledger.checkpoints import Checkpoints, keep
from helsekort.ledger.ledger import Ledger
from helsekort.ledger.sealing import Keyring
from helsekort.ledger.sessions import Sessions
from helsekort.ledger.switch import SwitchWatch
from helsekort.maternity.offering import OFFERING
from helsekort.maternity.profiles import BUILT as PROFILES
from helsekort.maternity.redaction import for_proposal, redact_in_turns
from helsekort.maternity.samples import sample_heads
from helsekort.outside.client_key import ClientKey
from helsekort.outside.endpoints import TokenEndpoints
from helsekort.outside.following import follow
from helsekort.outside.helseid import Keys
from helsekort.outside.idporten import IdPorten
from helsekort.outside.notices import Notices, tell
from helsekort.outside.organisation_register import OrganisationRegister
from helsekort.outside.person_register import PersonRegister
from helsekort.outside.practitioner_register import PractitionerRegister
from helsekort.outside.push import Endpoints, Hook, Push
from helsekort.outside.representation import Representations
from helsekort.outside.wire import new_client
from helsekort.records.admission import Admission
from helsekort.records.door import Door, FindPerson
from helsekort.settings import Settings

SECONDS_BETWEEN_EVENTS = {True: 1.0, False: 30.0}
"""How often the person register is asked what has changed: in a sandbox, and in operation."""
SECONDS_BETWEEN_NOTIFICATIONS = {True: 1.0, False: 5.0}
"""How often subscriptions are looked at: in a sandbox, and in operation."""
SECONDS_BETWEEN_HEADS = {True: 3.0, False: 60.0}
"""How often the audit log's new rows are signed for: in a sandbox, and in operation."""
STOP_SECONDS = 10
DEFINITION_FILES = (R4, PROFILES)


def serve(settings: Settings) -> None:
    """Runs the service until it is told to stop; raises CannotStart in one line where it cannot."""
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(
            number, lambda *_: None
        )  # uvicorn raises them again when it has stopped; the rest stops after
    with listen(settings) as listening, asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(serve_on(listening, settings))


def listen(settings: Settings) -> socket.socket:
    """The socket of the service's address, taken before anything else is started."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listening = socket.socket(family)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((settings.host, settings.port))
    except OSError as error:
        listening.close()
        where = f"{settings.host}:{settings.port}"
        raise CannotStart(f"{where} cannot be used ({error.strerror}). Give another with --port.") from None
    return listening


async def serve_on(listening: socket.socket, settings: Settings) -> None:
    """Opens everything, serves, and closes everything again."""
    async with opened(settings) as service:
        gc.collect()
        gc.freeze()  # what is made at the start stays: looking through it again and again stopped everybody for 0.2 s
        await http_server(service).serve([listening])


def http_server(service: ASGIApp) -> uvicorn.Server:
    """The HTTP server; it says nothing of itself, and believes no header about where a request came from."""
    config = uvicorn.Config(
        service,
        http="httptools",
        ws="none",
        lifespan="off",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        log_config=None,
        timeout_graceful_shutdown=STOP_SECONDS,
    )
    return uvicorn.Server(config)


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[ASGIApp]:
    """The whole service as one ASGI application, with its database and its view of the national services."""
    keyring = (Keyring.load_or_make if settings.sandbox else Keyring.load)(settings.keys)
    client_key = ClientKey.in_folder(settings.keys, client_id=settings.citizen_client_id)
    async with AsyncExitStack() as stack:
        ledger = await Ledger.open(settings.database, keyring, new_id=new_id, samples=sample_heads)
        stack.push_async_callback(ledger.close)
        sessions = await Sessions.connect(settings.database, hash_of=keyring.hash_of)
        stack.push_async_callback(sessions.close)
        http = await stack.enter_async_context(new_client())
        register = person_register(settings, http)
        door = Door(
            ledger=ledger,
            find_person=register.find,
            new_id=new_id,
            redact=redact_in_turns,
            for_proposal=for_proposal,
        )
        switch = SwitchWatch(settings.database)
        stack.callback(asyncio.create_task(switch.watch()).cancel)
        await switch.known()
        admission = admission_of(settings, switch, ledger)
        keys = Keys(http, issuers=(settings.helseid_issuer, settings.idporten_issuer), clock=system_clock)
        request_log = RequestLog(sys.stdout.write, system_clock)
        stack.callback(request_log.flush)
        at_gate = gate(settings, http, keys)
        api = contract.build(
            door=door,
            admission=admission,
            identify=identify_at(at_gate),
            clock=system_clock,
            new_id=new_id,
            log=request_log,
        )
        registered = Endpoints(settings.registered_endpoints, sandbox=bool(settings.sandbox))
        push = push_of(settings, ledger, door, Hook(http, client_key, system_clock), registered)
        for task in background(settings, ledger, register, http, push):
            stack.callback(asyncio.create_task(task).cancel)
        fhir = fhir_app.build(
            fhir_api(settings, http, door, registered, register.find),
            admission=admission,
            identify=fhir_app.identify_at(at_gate),
            log=request_log,
        )
        queue = organisation.build(
            queues=ledger,
            note=partial(ledger.note, None),
            admission=admission,
            identify=identify_at(at_gate, naming=Naming.NOBODY),
            clock=system_clock,
            new_id=new_id,
            log=request_log,
        )
        login = idporten(settings, http, keys, client_key)
        her_pages = her_pages_of(
            settings, door=door, admission=admission, sessions=sessions, http=http, login=login
        )
        rest = Starlette(routes=[*small_routes(settings, client_key, ledger), Mount("/", her_pages)])
        yield Service(api=api, fhir=fhir, queue=queue, rest=rest)


def her_pages_of(
    settings: Settings,
    *,
    door: Door,
    admission: Admission,
    sessions: Sessions,
    http: httpx.AsyncClient,
    login: IdPorten,
) -> ASGIApp:
    """The woman's own pages."""
    return pages.build(
        door=door,
        admission=admission,
        sessions=sessions,
        idporten=login,
        find_person=person_register(settings, http).find,
        find_represented=representations(settings, http),
        clock=system_clock,
        new_id=new_id,
        settings=page_settings(settings),
    )


def person_register(settings: Settings, http: httpx.AsyncClient) -> PersonRegister:
    """Folkeregisteret, which keeps no answer."""
    return PersonRegister(http, base=settings.person_register, allow_synthetic=settings.allow_synthetic)


def background(
    settings: Settings, ledger: Ledger, register: PersonRegister, http: httpx.AsyncClient, push: Push
) -> Iterator[Coroutine[None, None, None]]:
    """What goes on beside the requests, for as long as the service runs; raises CannotStart."""
    every = SECONDS_BETWEEN_EVENTS[bool(settings.sandbox)]
    yield follow(register, ledger, clock=system_clock, every=every)
    if settings.notices:
        yield tell(ledger, Notices(http, base=settings.notices), clock=system_clock, every=every)
    yield signing(settings)
    yield push.run(every=SECONDS_BETWEEN_NOTIFICATIONS[bool(settings.sandbox)])


class Service:
    """The APIs straight, without the web framework; everything else through it."""

    def __init__(self, *, api: ASGIApp, fhir: ASGIApp, queue: ASGIApp, rest: ASGIApp) -> None:
        self._api = api
        self._fhir = fhir
        self._queue = queue
        self._rest = rest

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request, by ASGI 3."""
        path: str = scope.get("path", "")
        if path.startswith("/fhir/"):
            await self._fhir(scope, receive, send)
        elif path.startswith(f"{QUEUE_PREFIX}/"):
            await self._queue(scope, receive, send)
        else:
            await (self._api if path.startswith("/api/") else self._rest)(scope, receive, send)


def signing(settings: Settings) -> Coroutine[None, None, None]:
    """Signs for the audit log's rows for as long as it runs; raises CannotStart at once where there is no key to sign with."""
    checkpoints = Checkpoints(settings.checkpoint_folder, signing_key(settings.keys), system_clock, new_id)
    return keep(settings.database, checkpoints, every=SECONDS_BETWEEN_HEADS[bool(settings.sandbox)])


def push_of(settings: Settings, ledger: Ledger, door: Door, hook: Hook, registered: Endpoints) -> Push:
    """What tells subscribers of changes."""
    base = settings.public_bases[0] + FHIR_PREFIX
    return Push(ledger, door, hook, registered, clock=system_clock, new_id=new_id, base=base)


def fhir_api(
    settings: Settings, http: httpx.AsyncClient, door: Door, registered: Endpoints, find_person: FindPerson
) -> Api:
    """What stands behind the FHIR API; its definitions are read once."""
    definitions = read_definitions(*DEFINITION_FILES)
    return Api(
        door=door,
        clock=system_clock,
        new_id=new_id,
        bases=tuple(base + FHIR_PREFIX for base in settings.public_bases),
        zone=ZoneInfo("Europe/Oslo"),
        allow_synthetic=settings.allow_synthetic,
        offering=OFFERING,
        definitions=definitions,
        searchable=searchable(OFFERING, definitions),
        may_send=registered.allows,
        find_person=find_person,
        endpoints=TokenEndpoints(http, issuer=settings.helseid_issuer, clock=system_clock).find,
        scope=settings.scope,
        version=version("helsekort"),
    )


def gate(settings: Settings, http: httpx.AsyncClient, keys: Keys) -> Gate:
    """Who calls: HelseID's tokens, ID-porten's for the woman herself, and the registers behind them."""
    issuers = {settings.helseid_issuer: Source.HELSEID, settings.idporten_issuer: Source.CITIZEN}
    return Gate(
        tokens=TokenPolicy(issuers, settings.audience, settings.scope),
        proofs=ProofPolicy.for_bases(settings.public_bases),
        keys=keys,
        find_practitioner=PractitionerRegister(
            http, base=settings.practitioner_register, clock=system_clock
        ).find,
        find_organisation=OrganisationRegister(
            http, base=settings.organisation_register, clock=system_clock
        ).find,
        clock=system_clock,
        rules=Rules(settings.allow_synthetic, demands_attestation=settings.attestation == "demanded"),
    )


def admission_of(settings: Settings, switch: SwitchWatch, ledger: Ledger) -> Admission:
    """The switch and the limits, whose alarms are audit rows."""
    return Admission(
        off=switch.off,
        read_again=switch.read_again,
        limits=Limits(settings.allowances, salt=token_bytes(16)),
        note=partial(ledger.note, None),
        clock=system_clock,
        new_id=new_id,
    )


def page_settings(settings: Settings) -> PageSettings:
    """What her pages need of the settings."""
    return PageSettings(settings.public_bases, settings.citizen_client_id, settings.consent_text_version)


def representations(settings: Settings, http: httpx.AsyncClient) -> FindRepresented:
    """Whom a person may act for; nobody where no representation register is named."""

    async def nobody(_: NationalIdentityNumber) -> list[Represented]:
        return []

    if not settings.representation_register:
        return nobody
    return Representations(
        http, base=settings.representation_register, allow_synthetic=settings.allow_synthetic
    ).find


def idporten(settings: Settings, http: httpx.AsyncClient, keys: Keys, key: ClientKey) -> IdPorten:
    """The woman's login."""
    return IdPorten(
        http,
        issuer=settings.idporten_issuer,
        client_id=settings.citizen_client_id,
        redirect_uri=f"{settings.public_bases[0]}/innlogget",
        key=key,
        keys=keys,
        clock=system_clock,
        allow_synthetic=settings.allow_synthetic,
    )


def small_routes(settings: Settings, key: ClientKey, ledger: Ledger) -> list[Route]:
    """What machines ask of the service itself; where the sandbox is, only in a sandbox."""
    routes = [
        plain.health(lambda: ledger.outbox(most=1)),
        plain.saying("/.well-known/jwks.json", key.public_jwks()),
    ]
    if settings.sandbox:
        base = settings.public_bases[0]
        about = {"service": base, "sandbox": settings.sandbox, "issuer": settings.helseid_issuer}
        routes.append(plain.saying("/.well-known/helsekort", about | {"api": base + PREFIX}))
    return routes
