"""What the door itself costs, beside a bare read; and what the gate costs with and without an attestation in the token.

`./dev bench door [--records 1000]`, in one process. A bare read is the same statement and the same unsealing in groups of the
same size, with no decision and no audit row: what nobody may have in operation.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

from bench.callers import Credentials, Signer
from bench.fixed import ACTOR, nobody_new
from bench.generate import Stock, stocked
from bench.people import drawn_id, number
from bench.processor import Meter
from helsekort.access.act import Act, Action
from helsekort.access.caller import RegisteredOrganisation, RegisteredPractitioner, Rules
from helsekort.access.gate import Gate
from helsekort.access.jose import PublicKey, signing_key
from helsekort.access.proof import ProofPolicy
from helsekort.access.token import Source, TokenPolicy, UnknownKey
from helsekort.basics.clock import system_clock
from helsekort.basics.ids import new_id
from helsekort.ledger.connection import open_session
from helsekort.ledger.ledger import Ledger
from helsekort.ledger.opening import prepare
from helsekort.ledger.reads import open_card
from helsekort.ledger.rows import fetch_heads
from helsekort.ledger.vault import Vault
from helsekort.ledger.view import Query, Wants
from helsekort.maternity.redaction import for_proposal, redact_in_turns
from helsekort.records.door import Door
from helsekort.sandbox.attestation import Attested, parameters, taken_apart
from helsekort.sandbox.claims import access_claims
from helsekort.sandbox.helseid import helseid_profile, practitioner_grant
from helsekort.sandbox.keys import SIGNING_ALGORITHMS, SigningKeys
from helsekort.sandbox.people import fictional_people
from helsekort.sandbox.profile import API_SCOPE, AUDIENCE
from helsekort.sandbox.signing import new_key
from helsekort.sandbox.wrong import ingredients, present

GROUP, ROUNDS, IDENTIFIED = 32, 150, 1_500
BASE, ISSUER, PATH = (
    "http://127.0.0.1:8460",
    "http://127.0.0.1:8461/helseid",
    "/api/maternity-record/v1/status",
)
PEOPLE = fictional_people()
RECORD = "record"


def main(arguments: Sequence[str]) -> int:
    """Measure and print JSON."""
    options = argparse.ArgumentParser(prog="./dev bench door", description=__doc__)
    options.add_argument("--records", type=int, default=1_000)
    options.add_argument("--data", type=Path, default=Path(".data/bench"))
    given = options.parse_args(arguments)
    with stocked(given.data.resolve(), given.records, say) as stock:
        told = asyncio.run(reads(stock, given.records))
    told |= asyncio.run(gates())
    told |= {"door_to_bare_read": round(told["card, door"] / told["card, bare read"], 2)}
    sys.stdout.write(json.dumps(told, indent=1) + "\n")
    return 0


def say(what: str) -> None:
    """Tell the person who waits."""
    sys.stderr.write(what + "\n")


async def reads(stock: Stock, records: int) -> dict[str, float]:
    """CPU microseconds of a card's read, service and database together."""
    keyring = stock.cluster.keyring()
    ledger = await Ledger.open(stock.cluster.url, keyring, new_id=new_id)
    door = Door(
        ledger=ledger,
        find_person=nobody_new,
        new_id=new_id,
        redact=redact_in_turns,
        for_proposal=for_proposal,
    )
    vault = Vault(keyring, (await prepare(stock.cluster.url, keyring, None)).packer)
    session = await open_session(stock.cluster.url)

    async def bare(chosen: list[int]) -> None:
        asked = [(keyring.hash_of(number(n)), query_of(n)) for n in chosen]
        for head in await fetch_heads(session, keyring, asked):
            assert head is not None
            assert head.wrapped_key is not None
            key = keyring.unwrap(head.wrapped_key, person=head.person.person)
            assert open_card(vault, head, key)

    async def through(chosen: list[int]) -> None:
        views = await asyncio.gather(*(door.read(act_of(n), Wants.CARD) for n in chosen))
        assert all(view.card for view in views)

    told = {
        "card, bare read": await cost(stock, records, bare),
        "card, door": await cost(stock, records, through),
    }
    await session.close()
    await ledger.close()
    return told


def query_of(index: int) -> Query:
    """The card of the i-th woman."""
    return Query(number(index), drawn_id(index, RECORD), Wants.CARD)


def act_of(index: int) -> Act:
    """A doctor's look at it."""
    return Act(
        ACTOR,
        Action.READ_RECORD,
        number(index),
        system_clock(),
        "bench",
        record=drawn_id(index, RECORD),
        source_system="bench 1.0",
    )


async def cost(stock: Stock, records: int, work: Callable[[list[int]], Awaitable[None]]) -> float:
    """Microseconds for one of a group, the middle of three series."""
    dice = random.Random(1)  # noqa: S311 - the same women each time
    series = []
    for _ in range(3):
        groups = [[dice.randrange(records) for _ in range(GROUP)] for _ in range(ROUNDS)]
        await work(groups[0])
        with (
            Meter(service=os.getpid(), postmaster=None) as own,
            Meter(service=stock.cluster.server.pid, postmaster=None) as database,
        ):
            for group in groups:
                await work(group)
        series.append((own.service + database.service) / (ROUNDS * GROUP))
    return round(sorted(series)[1], 1)


async def gates() -> dict[str, float]:
    """CPU microseconds of finding out who calls: token remembered, a fresh proof for each."""
    return {
        "gate, no attestation": await gate_cost(attested=False),
        "gate, attested": await gate_cost(attested=True),
    }


class Published:
    """The issuer's keys, as if fetched."""

    def __init__(self, keys: SigningKeys) -> None:
        published: Any = keys.jwks()["keys"]
        self._known = {jwk["kid"]: signing_key(jwk) for jwk in published}

    def key_for(self, issuer: str, kid: str) -> PublicKey:
        """The key of that id."""
        if kid not in self._known:
            raise UnknownKey(issuer)
        return self._known[kid]

    async def refresh(self, issuer: str) -> None:
        """There is nothing newer."""


async def find_practitioner(hpr_number: str) -> RegisteredPractitioner | None:
    """HPR, in memory."""
    found = next(person for person in PEOPLE.practitioners if person.hpr_number == hpr_number)
    return RegisteredPractitioner(hpr_number, found.name, frozenset(found.authorisations))


async def find_organisation(unit: str) -> RegisteredOrganisation | None:
    """Enhetsregisteret, in memory."""
    found = next(each for each in PEOPLE.organisations if each.number == unit)
    return RegisteredOrganisation(unit, found.name, (found.parent_number,))


def lines(head: bytes) -> list[tuple[bytes, bytes]]:
    """Header lines as names and values."""
    return [
        (name, value) for name, _, value in (line.partition(b": ") for line in head.split(b"\r\n")) if name
    ]


async def gate_cost(*, attested: bool) -> float:
    """One kind of token."""
    keys, proof_key = SigningKeys({alg: new_key(alg) for alg in SIGNING_ALGORITHMS}), new_key("ES256")
    gate = Gate(
        tokens=TokenPolicy({ISSUER: Source.HELSEID}, AUDIENCE, API_SCOPE),
        proofs=ProofPolicy.for_bases([BASE]),
        keys=Published(keys),
        find_practitioner=find_practitioner,
        find_organisation=find_organisation,
        clock=system_clock,
        rules=Rules(allow_synthetic=True),
    )
    await asyncio.sleep(1.1)  # a proof of the second of the start is refused
    woman = PEOPLE.women[0]
    _, told = taken_apart(
        parameters(PEOPLE.organisation("solvik"), role="LE", patient=woman.nin, reason=None)
    )
    assert told is not None
    statement = Attested(told, int(time.time())) if attested else None
    grant = practitioner_grant(PEOPLE, "gp", "gp", attested=statement)
    claims = access_claims(
        grant, helseid_profile(PEOPLE), issuer=ISSUER, now=int(time.time()), jti="bench-token"
    )
    role = "%7B%22system%22%3A%22urn%3Aoid%3A2.16.578.1.12.4.1.1.9060%22%2C%22code%22%3A%22LE%22%7D"
    others = [(b"nhn-patient-nin", woman.nin.encode()), (b"nhn-user-role", role.encode())]
    others.append((b"nhn-source-system", b"bench 1.0"))
    made = ingredients(
        claims,
        token_key=keys.key("ES256"),
        alg="ES256",
        proof_key=proof_key,
        method="GET",
        url=BASE + PATH,
        now=int(time.time()),
        jti="first-proof",
    )
    token = dict(present(made).headers)["Authorization"].removeprefix("DPoP ")
    signer = Signer(Credentials(token, proof_key.as_dict(private=True)), BASE)
    sent = [[*lines(signer.headers("GET", PATH)), *others] for _ in range(IDENTIFIED)]
    begun = time.process_time()
    for headers in sent:
        caller = await gate.identify(method="GET", path=PATH, headers=headers)
        assert caller.refused is None, caller.refused
    return round((time.process_time() - begun) / IDENTIFIED * 1e6, 1)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
