"""`helsekort sandbox`: run the stand-ins, load the women's cards, print a token, list the women."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from collections.abc import Awaitable, Callable
from datetime import date, datetime
from importlib import import_module
from pathlib import Path
from typing import Any

import httpx

from helsekort.basics.startup import CannotStart
from helsekort.sandbox.address import Address, Unreachable, find, loopback_client
from helsekort.sandbox.attestation import Reason, parameters
from helsekort.sandbox.ehr import CallRefused
from helsekort.sandbox.load import Loader, NotSeen
from helsekort.sandbox.people import Woman, fictional_people
from helsekort.sandbox.signing import private_jwk
from helsekort.sandbox.token_client import BoundToken, TokenClient, TokenRefused
from helsekort.sandbox.woman_browser import PageMissing

_EXPECTED = (Unreachable, TokenRefused, CallRefused, PageMissing, NotSeen)
Answer = Callable[[httpx.AsyncClient, Address], Awaitable[int]]


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds `sandbox` and its commands to the command line."""
    sandbox = subparsers.add_parser(
        "sandbox", help="stand-ins for the national services, with fictional women"
    )
    commands = sandbox.add_subparsers(dest="sandbox_command", required=True)
    serving = commands.add_parser("serve", help="run the stand-ins on loopback")
    serving.add_argument("--host", default="127.0.0.1")
    serving.add_argument("--port", type=_port, default=8461)
    serving.add_argument("--service", default="http://127.0.0.1:8460", help="the service's address")
    serving.add_argument(
        "--data", type=Path, default=Path("data/sandbox"), help="where its keys and events are kept"
    )
    serving.set_defaults(run=_serve)
    token = commands.add_parser("token", help="print an access token and the key it is bound to")
    token.add_argument("--as", dest="who", required=True, metavar="gp|midwife|hospital|machine|woman:NAME")
    token.add_argument("--attest", action="store_true", help="with an attestation of the trust framework")
    token.add_argument("--patient", default="", metavar="NIN", help="the attested patient")
    token.add_argument(
        "--purpose", default="TREAT", metavar="TREAT|COC|ETREAT|BTG", help="the attested purpose"
    )
    token.set_defaults(run=lambda given: _asking(given, lambda http, at: _token(http, at, given)))
    women = commands.add_parser("women", help="list the fictional women")
    women.add_argument("--json", action="store_true", help="as a JSON array")
    women.set_defaults(
        run=lambda given: _asking(given, lambda http, at: _women(http, at, as_json=given.json))
    )
    loading = commands.add_parser("load", help="write the women's cards through the running service")
    loading.set_defaults(run=lambda given: _asking(given, _load))
    for command in (token, women, loading):
        command.add_argument("--port", type=_port, default=8460, help="the service's port")


def _port(text: str) -> int:
    port = int(text)
    if not 0 < port < 65_535:
        raise argparse.ArgumentTypeError("a port is a number from 1 to 65534; the sandbox takes the next")
    return port


def _serve(given: argparse.Namespace) -> int:
    try:
        import_module("helsekort.sandbox.process").serve(  # only this command needs the web framework
            host=given.host, port=given.port, service=given.service, data=given.data
        )
    except OSError as error:
        raise CannotStart(
            f"The sandbox cannot use {given.data}: {error.strerror}. Give another --data."
        ) from error
    return 0


def _asking(given: argparse.Namespace, answer: Answer) -> int:
    """Runs a command that talks to a running sandbox; what can go wrong becomes one line."""

    async def ask() -> int:
        async with loopback_client() as http:
            return await answer(http, await find(http, given.port))

    try:
        return asyncio.run(ask())
    except httpx.HTTPError as error:
        raise CannotStart(
            "The service or its sandbox stopped answering: is ./dev demo still running?"
        ) from error
    except _EXPECTED as error:
        raise CannotStart(" ".join(str(error).split())) from error


async def _token(http: httpx.AsyncClient, at: Address, given: argparse.Namespace) -> int:
    attests = given.attest or given.patient
    reason = Reason(given.purpose, description="Skrevet på kommandolinjen") if attests else None
    token = await token_for(http, at.sandbox, given.who, patient=given.patient, reason=reason)
    answer = {
        "access_token": token.access_token,
        "token_type": "DPoP",
        "dpop_private_jwk": private_jwk(token.key),
        "expires_in": token.expires_in,
    }
    print(json.dumps(answer))
    return 0


async def token_for(
    http: httpx.AsyncClient, sandbox: str, who: str, *, patient: str = "", reason: Reason | None = None
) -> BoundToken:
    """A token for `gp`, `midwife`, `hospital` (practitioners), `machine` (the GP's EHR alone) or `woman:NAME`.

    With a reason, what an EHR asks for is attested, for the patient where one is given.
    """
    people = fictional_people()
    kind, _, name = who.partition(":")
    if kind == "woman":
        woman = people.woman(name)
        if woman is None:
            raise TokenRefused(f"Nobody in the sandbox is called {name}: see helsekort sandbox women.")
        if reason is not None:
            raise TokenRefused("A woman attests nothing: leave out --attest and --patient.")
        portal = people.client("helsenorge")
        return await TokenClient(http=http, sandbox=sandbox, client=portal, organisation=None).by_login(
            woman.key
        )
    if who not in {"gp", "midwife", "hospital", "machine"}:
        raise TokenRefused(f"--as {who}: say gp, midwife, hospital, machine or woman:NAME.")
    client = people.client("gp" if who == "machine" else who)
    organisation = people.organisation(client.organisations[0])
    tokens = TokenClient(http=http, sandbox=sandbox, client=client, organisation=organisation)
    role = "" if who == "machine" else people.practitioner(who).authorisations[0]
    told = parameters(organisation, role=role, patient=patient, reason=reason) if reason else None
    return await (
        tokens.by_client(attestation=told) if who == "machine" else tokens.by_login(who, attestation=told)
    )


async def _load(http: httpx.AsyncClient, at: Address) -> int:
    if not at.answers:
        raise Unreachable(f"No service answers at {at.service}: start ./dev demo, or give its --port.")
    people = fictional_people()
    written = await Loader(http=http, address=at, people=people, today=_today()).load()
    print(f"{len(written)} of {len(people.women)} women were written; the others are as they should be.")
    return 0


def _today() -> date:
    return datetime.now().astimezone().date()


async def _women(http: httpx.AsyncClient, at: Address, *, as_json: bool) -> int:
    people = fictional_people()
    rows = [planned(woman) for woman in people.women]
    if at.answers:
        loader = Loader(http=http, address=at, people=people, today=_today())
        rows = [{**row, **await asked(loader, woman)} for row, woman in zip(rows, people.women, strict=True)]
    else:
        print(f"No service answers at {at.service}: this is the plan, not what is stored.", file=sys.stderr)
    print(json.dumps(rows, ensure_ascii=False, indent=2) if as_json else "\n".join(map(_line, rows)))
    return 0


async def asked(loader: Loader, woman: Woman) -> dict[str, Any]:
    """What the service says of her right now."""
    status = await loader.status(woman)
    return {"consented": status.consented, "has_active_record": status.has_active_record}


def planned(woman: Woman) -> dict[str, Any]:
    """A woman as the sandbox's plan has her."""
    return {
        "name": woman.name,
        "nin": woman.nin,
        "story": woman.story.en,
        "consented": woman.keeps_consent,
        "has_active_record": woman.has_active_record,
    }


def _line(row: dict[str, Any]) -> str:
    consent = "consented" if row["consented"] else "no consent"
    record = "active record" if row["has_active_record"] else "no active record"
    return f"{row['nin']}  {row['name']:<20} {consent:<11} {record:<17} {row['story']}"
