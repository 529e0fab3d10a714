"""Abuse 15: a proof that was copied, or a token that was stolen, is worth nothing."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from helsekort.access.gate import Gate
from helsekort.api.v1.work import PREFIX
from helsekort.basics.refusal import Kind, Refused
from helsekort.sandbox.signing import new_key, public_jwk
from helsekort.sandbox.wrong import Presented, present
from tests.abuse.world import World, gate_now, gp

STATUS, HISTORY = f"{PREFIX}/status", f"{PREFIX}/history"


async def test_of_two_hundred_copies_at_once_one_is_answered(made: World) -> None:
    presented = present(gp("GET", STATUS))
    answers = await asyncio.gather(
        *(made.send("GET", STATUS, presented=presented, event=f"copy-{n}") for n in range(200))
    )
    assert sorted(answer.status_code for answer in answers) == [200] + [401] * 199
    rows = [row for row in await made.rows() if row.detail.event_id.startswith("copy-")]
    assert sorted(row.permitted for row in rows) == [False] * 199 + [True]


async def identified(
    gate: Gate, presented: Presented, *, method: str = "GET", path: str = STATUS
) -> Kind | None:
    """How the gate refuses, None where it lets in."""
    headers = [(name.lower().encode(), value.encode()) for name, value in presented.headers]
    try:
        await gate.identify(method=method, path=path, headers=headers)
    except Refused as refused:
        return refused.kind
    return None


async def next_second() -> None:
    """Proofs made in the second of a start are refused."""
    await asyncio.sleep(1.05)


async def test_a_restart_does_not_forget_what_was_used() -> None:
    first = gate_now()
    await next_second()
    presented = present(gp("GET", STATUS))
    assert await identified(first, presented) is None
    restarted = gate_now()
    await next_second()
    assert await identified(restarted, presented) is Kind.UNAUTHENTICATED
    assert await identified(restarted, present(gp("GET", STATUS))) is None


@pytest.mark.parametrize(("method", "path"), [("GET", HISTORY), ("POST", STATUS), ("GET", f"{STATUS}/")])
async def test_a_copied_proof_opens_nothing_else(method: str, path: str) -> None:
    gate = gate_now()
    await next_second()
    presented = present(gp("GET", STATUS))
    assert await identified(gate, presented, method=method, path=path) is Kind.UNAUTHENTICATED
    assert await identified(gate, presented) is None


async def test_a_stolen_token_is_worth_nothing_without_its_key() -> None:
    gate = gate_now()
    await next_second()
    of, thief = gp("GET", STATUS), new_key("ES256")
    header = {**of.proof.header, "jwk": public_jwk(thief)}
    stolen = present(replace(of, proof=replace(of.proof, header=header, key=thief)))
    assert await identified(gate, stolen) is Kind.UNAUTHENTICATED


async def test_a_proof_belongs_to_one_token() -> None:
    """Token and proof of two requests of the same caller, crossed."""
    gate = gate_now()
    await next_second()
    one, other = present(gp("GET", STATUS)), present(gp("GET", STATUS))
    crossed = Presented(one.authorization, other.dpop)
    assert await identified(gate, crossed) is Kind.UNAUTHENTICATED
    assert await identified(gate, one) is None
    assert await identified(gate, other) is None
