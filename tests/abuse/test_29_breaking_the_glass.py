"""Abuse 29: an emergency declared as a habit. It needs a reason, she is told of it, and each one queues for review."""

from __future__ import annotations

from urllib.parse import quote

from helsekort.access.act import Act, Action
from helsekort.access.actor import Actor, ActorKind
from helsekort.access.emergencies import A_DAY, Emergencies
from helsekort.access.wishes import Wish, WishKind
from helsekort.api.v1.work import PREFIX
from helsekort.basics.clock import system_clock
from helsekort.basics.ids import new_id
from helsekort.ledger.ledger import Ledger
from helsekort.ledger.sealing import Keyring
from helsekort.sandbox.wrong import present
from tests.abuse.world import PATIENT, PEOPLE, SECRET, WOMAN, World, card, gp

REASON = quote("Bevisstløs i mottak")


async def _look(made: World, path: str, event: str, **headers: str) -> tuple[int, str]:
    answer = await made.send("GET", path, presented=present(gp("GET", path)), event=event, **headers)
    return answer.status_code, answer.text


async def _block_the_clinic(made: World) -> str:
    """She shuts the GP's office out; the number of the legal entity that answers for it."""
    office = next(unit for unit in PEOPLE.organisations if unit.key == "solvik")
    herself = Actor(ActorKind.CITIZEN, WOMAN.name, "pages", PATIENT)
    act = Act(herself, Action.SET_WISH, PATIENT, system_clock(), "block")
    await made.door.set_wish(act, Wish(WishKind.BLOCK_ORGANISATION, on=True, target=office.number))
    return office.parent_number


async def test_every_emergency_has_a_reason_and_stands_in_her_log_and_in_the_queue(
    made: World, database_url: str, keyring: Keyring
) -> None:
    path = f"{PREFIX}/record/{(await card(made))['record']}"
    office = await _block_the_clinic(made)
    status, text = await _look(made, path, "ordinary")
    assert (status, SECRET in text) == (403, False)
    status, text = await _look(made, path, "no-reason", **{"nhn-access-basis": "AKUTT"})
    assert (status, SECRET in text) == (400, False)
    for n in range(3):
        headers = {"nhn-access-basis": "AKUTT", "nhn-access-reason": REASON}
        status, text = await _look(made, path, f"emergency-{n}", **headers)
        assert (status, SECRET in text) == (200, True)
    rows = [row for row in await made.rows() if row.detail.event_id.startswith("emergency")]
    assert [row.detail.reason for row in rows] == ["Nødrett"] * 3
    assert {row.detail.why for row in rows} == {"Bevisstløs i mottak"}
    ledger = await Ledger.open(database_url, keyring, new_id=new_id)
    queue = [review for review in await ledger.reviews(office) if review.kind == "emergency"]
    assert len(queue) == 3
    await ledger.close()


async def test_a_named_professional_stays_out_whatever_she_declares(made: World) -> None:
    path = f"{PREFIX}/record/{(await card(made))['record']}"
    doctor = next(person for person in PEOPLE.practitioners if person.key == "gp")
    herself = Actor(ActorKind.CITIZEN, WOMAN.name, "pages", PATIENT)
    act = Act(herself, Action.SET_WISH, PATIENT, system_clock(), "block")
    await made.door.set_wish(act, Wish(WishKind.BLOCK_PRACTITIONER, on=True, target=doctor.hpr_number))
    for basis in ("UNNTAK", "SAMTYKKE", "AKUTT"):
        headers = {"nhn-access-basis": basis, "nhn-access-reason": REASON}
        status, text = await _look(made, path, basis, **headers)
        assert (status, SECRET in text) == (403, False)


async def test_a_habit_of_emergencies_raises_an_alarm_and_stops_nobody(made: World) -> None:
    path = f"{PREFIX}/record/{(await card(made))['record']}"
    headers = {"nhn-access-basis": "AKUTT", "nhn-access-reason": REASON}
    for n in range(A_DAY + 1):
        assert [row for row in await made.rows() if row.action == "alarm"] == []
        assert (await _look(made, path, f"emergency-{n}", **headers))[0] == 200
    (alarm,) = [row for row in await made.rows() if row.action == "alarm"]
    assert "nødrett" in alarm.detail.reason
    assert alarm.person.int == 0
    assert alarm.detail.hpr_number


def test_emergencies_of_yesterday_and_of_others_do_not_count() -> None:
    emergencies = Emergencies()
    assert not any(emergencies.too_many("1", now=float(n)) for n in range(A_DAY))
    assert emergencies.too_many("1", now=float(A_DAY))
    assert not emergencies.too_many("2", now=float(A_DAY))
    assert not emergencies.too_many("1", now=90_000.0)
