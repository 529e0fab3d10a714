"""Abuse 1: a clinician opens a neighbour's record. She sees who it was, from where, at once; and can shut that person out."""

from __future__ import annotations

from helsekort.access.act import Action
from helsekort.access.wishes import Wish, WishKind
from helsekort.basics.refusal import Kind
from helsekort.ledger.ledger import Ledger
from helsekort.ledger.view import Wants
from tests.flow.v1_service import ACTORS, ANNE, HOSPITAL, service_on


async def test_she_sees_the_name_and_place_at_once_and_shuts_the_person_out(ledger: Ledger) -> None:
    service = service_on(ledger)
    await service.consent()
    record = await service.client("gp").record()
    curious = service.client("hospital")
    await curious.ok("GET", f"/record/{record}")
    log = (await service.door.read(service.own_act(Action.READ_LOG, ANNE), Wants.LOG)).log
    line = log[0]
    assert (line.action, line.permitted) == ("read-record", True)
    assert (line.detail.name, line.detail.organisation_name) == ("Siri Lege", HOSPITAL.name)
    assert ACTORS["hospital"].nin is not None
    assert ACTORS["hospital"].nin.reveal() not in repr(log)
    block = Wish(WishKind.BLOCK_PRACTITIONER, on=True, target=line.detail.hpr_number)
    await service.door.set_wish(service.own_act(Action.SET_WISH, ANNE), block)
    await curious.refused(Kind.BLOCKED, "GET", f"/record/{record}")
    assert (await service.log_of())[-2:] == [("set-wish", ""), ("read-record", "blocked")]
