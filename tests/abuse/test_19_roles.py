"""Abuse 19: a role that is claimed and not held. Role stated x authorisation in HPR x operation, told in her log by name."""

from __future__ import annotations

import itertools

import pytest

from helsekort.api.v1.work import PREFIX
from helsekort.sandbox.wrong import present
from tests.abuse.world import PEOPLE, SECRET, World, card, practitioner

# who, the role she states -> what reading and writing get
TABLE = {
    ("gp", "LE"): ("", ""),
    ("gp", "JO"): ("DHG-0005", "DHG-0005"),
    ("gp", "SP"): ("DHG-0005", "DHG-0005"),
    ("gp", "HE"): ("DHG-0005", "DHG-0005"),
    ("midwife", "JO"): ("", ""),
    ("midwife", "SP"): ("", ""),
    ("midwife", "LE"): ("DHG-0005", "DHG-0005"),
    ("midwife", "HE"): ("DHG-0005", "DHG-0005"),
    ("secretary", "HE"): ("", "DHG-0005"),
    ("secretary", "LE"): ("DHG-0005", "DHG-0005"),
    ("secretary", "JO"): ("DHG-0005", "DHG-0005"),
    ("secretary", "XX"): ("DHG-0005", "DHG-0005"),
}


def operations(ids: dict[str, str]) -> dict[str, tuple[str, str, object]]:
    """One operation of each kind: method, address, body."""
    record = f"{PREFIX}/record/{ids['record']}"
    visit = f"{record}/antenatalAppointments/{ids['antenatalAppointments']}"
    return {
        "read the card": ("GET", record, None),
        "read the history": ("GET", f"{PREFIX}/history", None),
        "write a section": ("POST", f"{record}/medication", {}),
        "mark a visit as entered in error": ("DELETE", visit, None),
        "end the pregnancy": (
            "POST",
            f"{record}/updateStatus",
            {"status": "TERMINATED", "terminationDate": "2026-05-01"},
        ),
    }


@pytest.mark.parametrize(("who", "role"), TABLE)
async def test_role_by_authorisation_by_operation(made: World, who: str, role: str) -> None:
    reads, writes = TABLE[who, role]
    ids = await card(made)
    before = await made.commits()
    for name, (method, path, body) in operations(ids).items():
        expected = reads if method == "GET" else writes
        presented = present(practitioner(who, method, path))
        answer = await made.send(
            method, path, presented=presented, role=role, event=name[:20].replace(" ", "-"), body=body
        )
        assert answer.headers.get("nhn-error-code", "") == expected, (name, answer.text)
        assert (SECRET in answer.text) <= (expected == "")
    assert (await made.commits() == before) == (writes != "")
    await _told(made, who, role)


async def _told(made: World, who: str, role: str) -> None:
    """Every attempt is in her log, with the name HPR has and the role that was stated."""
    person = PEOPLE.practitioner(who)
    rows = [
        row
        for row in await made.rows()
        if row.detail.event_id.startswith(("read-", "write-", "mark-", "end-"))
    ]
    assert len(rows) == 5
    assert {(row.detail.name, row.detail.role) for row in rows} == {(person.name, role)}
    assert all(row.person.int for row in rows)
    assert all(row.detail.reason for row in rows)


@pytest.mark.parametrize("section", ["mother", "medication"])
async def test_a_secretary_who_says_she_is_a_doctor_changes_nothing(made: World, section: str) -> None:
    ids = await card(made)
    path = f"{PREFIX}/record/{ids['record']}/{section}"
    before = await made.commits()
    for method, role in itertools.product(("POST", "PUT"), ("LE", "JO", "SP", "HE")):
        presented = present(practitioner("secretary", method, path))
        body = {"metadata": {"version": 1}}
        answer = await made.send(method, path, presented=presented, role=role, body=body)
        assert answer.headers["nhn-error-code"] == "DHG-0005"
    assert await made.commits() == before
