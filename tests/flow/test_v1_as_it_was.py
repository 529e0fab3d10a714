"""What a record showed at a moment, through the JSON contract, to those who may see it now."""

from datetime import UTC, datetime, timedelta

import pytest

from helsekort.access.act import Action
from helsekort.access.wishes import Wish, WishKind
from helsekort.basics.refusal import Kind
from helsekort.ledger.ledger import Ledger
from tests.flow.v1_service import ANNE, Service, service_on

MOTHER = {"name": "Anne Antonsen"}


@pytest.fixture
async def service(ledger: Ledger) -> Service:
    return service_on(ledger)


async def test_the_card_and_its_history_as_they_were(service: Service) -> None:
    await service.consent()
    gp = service.client()
    record = await gp.record()
    for height in (165, 166, 167):
        body = {"height": height}
        if height == 165:
            await gp.ok("POST", f"/record/{record}/vitalMeasurementsBeforePregnancy", body, status=201)
        else:
            await gp.ok(
                "PUT",
                f"/record/{record}/vitalMeasurementsBeforePregnancy",
                body | {"metadata": {"version": height - 165}},
            )
    history = (await gp.ok("GET", f"/history/{record}"))["history"]
    assert len(history) == 4
    for n, commit in enumerate(history, start=1):
        at = commit["lastUpdated"]
        was = await gp.ok("GET", f"/record/{record}?at={at}")
        measured = was["vitalMeasurementsBeforePregnancy"]
        assert measured is None if n == 1 else measured["height"] == 163 + n
        assert was["metadata"]["recordLastUpdated"] == at
        assert (await gp.ok("GET", f"/history/{record}?at={at}"))["history"] == history[:n]
        etag = (await gp.send("GET", f"/record/{record}?at={at}")).headers["etag"]
        assert etag == f'"{n}"'
    before = (datetime.fromisoformat(history[0]["lastUpdated"]) - timedelta(seconds=1)).isoformat()
    await gp.refused(Kind.UNKNOWN_RECORD, "GET", f"/record/{record}?at={before}".replace("+", "%2B"))


async def test_what_is_no_moment(service: Service) -> None:
    await service.consent()
    gp = service.client()
    record = await gp.record()
    later = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    assert (await gp.ok("GET", f"/record/{record}?at={later}")) == await gp.ok("GET", f"/record/{record}")
    wrong = (
        "at=",
        "at=now",
        "at=2026-03-02",
        "at=2026-03-02T12:00:00",
        "at=1&at=2",
        "at=%ff",
        "other=1",
        "at",
    )
    extreme = ("at=0001-01-01T00:00:00%2B23:59", "at=9999-12-31T23:59:59-23:59")
    for query in (*wrong, *extreme):
        await gp.refused(Kind.INVALID_HEADER, "GET", f"/record/{record}?{query}")
    for path in ("/status", "/history"):
        await gp.refused(Kind.INVALID_HEADER, "GET", f"{path}?at={later}")


async def test_what_is_hidden_now_was_never_there(service: Service) -> None:
    await service.consent()
    gp = service.client()
    record = await gp.record({"mother": MOTHER, "vitalMeasurementsBeforePregnancy": {"height": 165}})
    await service.door.set_wish(
        service.own_act(Action.SET_WISH, ANNE),
        Wish(WishKind.BLOCK_SECTION, on=True, target="vitalMeasurementsBeforePregnancy"),
    )
    at = datetime.now(UTC) + timedelta(seconds=1)
    answer = await gp.send("GET", f"/record/{record}?at={at.isoformat()}".replace("+", "%2B"))
    assert answer.status_code == 200
    assert answer.json()["vitalMeasurementsBeforePregnancy"] is None
    assert answer.json()["metadata"]["somethingHidden"] is True
    assert answer.headers["helsekort-something-hidden"] == "true"
