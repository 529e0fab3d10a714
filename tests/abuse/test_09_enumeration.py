"""Abuse 9: guessing numbers. Ten thousand persons: cut off at the budget, with an alarm; nobody else is told to wait."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from helsekort.access.limits import Allowances
from helsekort.api.v1.work import PREFIX
from helsekort.basics.clock import system_clock
from helsekort.basics.nin import check_digits
from helsekort.ledger.sealing import Keyring
from helsekort.sandbox.signing import sha256_64
from helsekort.sandbox.wrong import Presented, present
from tests.abuse.world import gp, machine, practitioner, world
from tests.admitting import admitting

STATUS = f"{PREFIX}/status"
GUESSES = 10_000
BUDGET = Allowances().practitioner.persons_an_hour


def guesses() -> Iterator[str]:
    """Valid fictional numbers, one after the other, as somebody would try them."""
    for day in range(1, 29):
        for individual in range(100, 900):
            first = f"{day:02}8385{individual}"
            digits = check_digits(first)
            if digits is not None:
                yield first + digits


class Thief:
    """Has one token and its key, and makes a fresh proof for each guess."""

    def __init__(self) -> None:
        self._made = gp("GET", STATUS)
        self._token = self._made.token.compact()

    def presents(self, n: int) -> Presented:
        """Token and proof of one guess."""
        now = int(system_clock().timestamp())
        told = {**self._made.proof.claims, "jti": f"guess-{n:08}", "iat": now, "ath": sha256_64(self._token)}
        return Presented((f"DPoP {self._token}",), (replace(self._made.proof, claims=told).compact(),))


async def test_ten_thousand_numbers_are_cut_off_at_the_budget(database_url: str, keyring: Keyring) -> None:
    async with world(database_url, keyring) as made:
        numbers, told, thief = guesses(), [], Thief()
        for n in range(GUESSES):
            asked = {"nhn-patient-nin": next(numbers)}
            told.append(await made.send("GET", STATUS, presented=thief.presents(n), event=f"g{n}", **asked))
            assert n < BUDGET or told[-1].status_code == 429  # at once, not after ten thousand
        assert {answer.status_code for answer in told[:BUDGET]} == {400}  # nobody has such a number
        cut_off = told[BUDGET:]
        assert {(answer.status_code, answer.content) for answer in cut_off} == {(429, b"")}
        assert all(0 < int(answer.headers["retry-after"]) <= 3601 for answer in cut_off)
        rows = await made.rows()
        alarms = [row for row in rows if row.action == "alarm"]
        assert 1 <= len(alarms) <= 5  # one a minute
        assert {row.person.int for row in alarms} == {0}
        assert alarms[0].detail.name == "Grete Fastlegesen"
        told_of = {number for number, _ in zip(guesses(), range(GUESSES), strict=False)}
        assert not any(number in str(row) for row in alarms for number in told_of)
        assert (
            len([row for row in rows if row.action == "read-status"]) == BUDGET
        )  # the register was asked no more
        colleague = await made.send(
            "GET", STATUS, presented=present(practitioner("midwife", "GET", STATUS)), role="JO"
        )
        assert colleague.status_code == 200, colleague.text


async def test_whom_she_has_seen_already_is_no_new_person(database_url: str, keyring: Keyring) -> None:
    async with world(database_url, keyring) as made:
        assert (await made.send("GET", STATUS, presented=present(gp("GET", STATUS)))).status_code == 200
        numbers = guesses()
        told = []
        for _ in range(BUDGET):
            asked = {"nhn-patient-nin": next(numbers)}
            told.append(await made.send("GET", STATUS, presented=present(gp("GET", STATUS)), **asked))
        assert told[-1].status_code == 429
        assert (await made.send("GET", STATUS, presented=present(gp("GET", STATUS)))).status_code == 200


SMALL, MOMENT = Allowances(), datetime(2026, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize("who", ["machine", "practitioner"])
async def test_too_many_requests_wait_and_ring_no_alarm(
    database_url: str, keyring: Keyring, who: str
) -> None:
    make = machine if who == "machine" else gp
    burst = SMALL.machine.burst if who == "machine" else SMALL.practitioner.burst
    async with world(
        database_url,
        keyring,
        admission=lambda ledger: admitting(ledger, allowances=SMALL, clock=lambda: MOMENT),
    ) as made:
        answers = [
            await made.send("GET", STATUS, presented=present(make("GET", STATUS))) for _ in range(burst + 2)
        ]
        assert {answer.status_code for answer in answers[:burst]} == {200}
        assert {(answer.status_code, answer.content) for answer in answers[burst:]} == {(429, b"")}
        assert answers[-1].headers["retry-after"] == "1"
        assert not any(row.action == "alarm" for row in await made.rows())
