"""Women in the states that a page can be in."""

from datetime import date, timedelta

from helsekort.access.act import Action
from helsekort.basics.nin import NationalIdentityNumber
from helsekort.basics.refusal import Refused
from helsekort.ledger.view import Wants
from helsekort.maternity.card import create_record
from helsekort.maternity.examples import full_card
from tests.browser.composition import KARI, LARS, NOW, World

TODAY = NOW.date()


def last_period(weeks: int, days: int) -> date:
    """The first day of the last period of a woman who by it is so far today."""
    return TODAY - timedelta(weeks=weeks, days=days)


async def fill(world: World) -> dict[str, NationalIdentityNumber]:
    """Everybody, by story."""
    women = {
        "new": world.woman("Berit Haugen", "028190"),
        "consented": world.woman("Tone Lie", "038190"),
        "week24": world.woman("Anne Nordlie", "018190"),
        "twins": world.woman("Mona Solberg", "058190"),
        "loss": world.woman("Ida Strand", "048190"),
        "delivered": world.woman("Siri Moen", "088190"),
        "withdrawn": world.woman("Randi Berge", "068190"),
        "confidential": world.woman("Skjult Adresse", "078190", confidential=True),
    }
    for story in ("consented", "week24", "twins", "loss", "delivered", "withdrawn"):
        await world.consents(women[story])
    await week_24(world, women["week24"])
    await world.has_record(
        women["twins"], full_card(5, fetuses=2, last_period=last_period(35, 2), weeks=36), days_ago=3
    )
    await a_loss(world, women["loss"])
    await a_birth(world, women["delivered"])
    await world.withdraws(women["withdrawn"])
    return women


async def week_24(world: World, anne: NationalIdentityNumber) -> None:
    """Week 24 and 3 days by ultrasound: several authors, a visit that was entered in error, and two refused acts in the log."""
    card = full_card(3, last_period=last_period(24, 2), weeks=24)
    visits, _ = card.pop("antenatalAppointments"), card.pop("symphysisFundalHeights", None)
    card["mother"] |= {"name": "Anne Nordlie", "language": {"code": "NO"}, "countryOfBirth": {"code": "NO"}}
    record = await world.has_record(anne, card, by=LARS, days_ago=80)
    for place, visit in enumerate(visits):
        await world.gets(
            anne,
            record,
            "antenatalAppointments",
            visit,
            by=KARI if place % 2 else LARS,
            days_ago=60 - 15 * place,
        )
    mistaken = {"appointmentDate": "2026-01-16", "motherWeight": 168}
    item = await world.gets(anne, record, "antenatalAppointments", mistaken)
    await world.marks_in_error(anne, record, "antenatalAppointments", item)
    for week, measured in ((24, 23), (26, 25), (28, 28)):
        height = {"pregnancyWeek": week, "measurement": measured, "measurementDate": "2026-01-16"}
        await world.gets(anne, record, "symphysisFundalHeights", height, days_ago=4)
    act = world.act_of(KARI, Action.CREATE_RECORD, anne)
    await refused(world.door.create(act, create_record({}, world.stamp(act))))
    await refused(world.door.read(world.act_of(LARS, Action.READ_LOG, anne), Wants.LOG))


async def refused(doing: object) -> None:
    """Does what is refused, so that it stands in the log."""
    try:
        await doing  # type: ignore[misc]
    except Refused:
        return
    raise AssertionError("it was let in")


async def a_loss(world: World, ida: NationalIdentityNumber) -> None:
    """A pregnancy that ended in week 19."""
    record = await world.has_record(ida, full_card(6, last_period=last_period(19, 0), weeks=18), days_ago=30)
    await world.ends(ida, record, {"status": "TERMINATED", "terminationDate": "2026-01-10"})


async def a_birth(world: World, siri: NationalIdentityNumber) -> None:
    """A child born a week ago."""
    card = full_card(7, last_period=last_period(40, 0), weeks=40)
    born = {"fosterId": 1, "status": {"code": "1"}, "datetime": "2026-01-14T04:12:00"}
    card["birthStatus"] = {"birthStatus": [born]}
    record = await world.has_record(siri, card, days_ago=30)
    await world.ends(siri, record, {"status": "DELIVERED", "deliveryDate": "2026-01-14", "liveBirth": True})
