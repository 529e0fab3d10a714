"""Logg over bruk in words: who, where, what, on which basis; the refused ones too; nobody by number."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from uuid import UUID

import msgspec
import pytest

from helsekort.access.act import Action
from helsekort.audit.entry import AuditEntry, Detail
from helsekort.citizen.access_log import ACTIONS, PAGE_SIZE, TRIED, LogLine, LogPage, line_of, present
from helsekort.citizen.language import load

NB = load("nb")
START = datetime(2026, 1, 16, 11, 30, tzinfo=UTC)
NUMBERS = ("9144889", "974767880", "964338531", "314002059", "fjord-epj", "token-17")


def entry(
    n: int = 0,
    *,
    action: Action = Action.READ_RECORD,
    permitted: bool = True,
    at: datetime | None = None,
    detail: Mapping[str, object] | None = None,
) -> AuditEntry:
    given = {
        "actor_kind": "practitioner",
        "name": "Kari Nordmann",
        "role": "JO",
        "hpr_number": NUMBERS[0],
        "organisation": NUMBERS[1],
        "organisation_parent": NUMBERS[2],
        "supplier": NUMBERS[3],
        "client_id": NUMBERS[4],
        "token_id": NUMBERS[5],
        "organisation_name": "Fjordby helsestasjon",
        "reason": "Samtykke",
        "event_id": f"event-{n}",
    }
    return AuditEntry(
        UUID(int=n),
        at or START + timedelta(minutes=n),
        action.value,
        permitted,
        UUID(int=99),
        msgspec.convert(given | dict(detail or {}), Detail),
    )


def page(*log: AuditEntry, chosen: str = "", start: int = 0) -> LogPage:
    return present(log, chosen=chosen, start=start, language=NB)


def line(one: AuditEntry) -> LogLine:
    return page(one).days[0].lines[0]


def test_a_look_up_tells_when_who_where_what_and_on_which_basis() -> None:
    shown = line(entry())
    assert (shown.when, shown.who, shown.place) == ("12.30", "Jordmor Kari Nordmann", "Fjordby helsestasjon")
    assert (shown.what, shown.basis, shown.refused) == ("Leste helsekortet", "Samtykke", False)


def test_a_refused_look_up_is_marked_with_the_reason() -> None:
    shown = line(entry(permitted=False, detail={"reason": "Avvist: det er ikke gitt samtykke."}))
    assert shown.refused
    assert shown.basis == "Det er ikke gitt samtykke."
    assert shown.what == "Ville lese helsekortet"


def test_every_act_has_words_for_done_and_for_refused() -> None:
    assert ACTIONS.keys() == TRIED.keys() == set(Action)


def test_one_line_by_itself_has_its_day() -> None:
    one = entry()
    assert line_of(one, [one], NB).day == page(one).days[0].day


def test_a_write_names_the_section_as_on_her_card() -> None:
    shown = line(entry(action=Action.WRITE_SECTION, detail={"section": "symphysisFundalHeights"}))
    assert shown.what == "Skrev i helsekortet: Mål av magen"


@pytest.mark.parametrize(
    ("resources", "says"),
    [
        ({"Observation": 1}, "Skrev opplysninger i helsekortet (1 opplysning)"),
        ({"Encounter": 1, "Observation": 12}, "Skrev opplysninger i helsekortet (13 opplysninger)"),
    ],
)
def test_what_came_by_fhir_is_counted(resources: dict[str, int], says: str) -> None:
    shown = line(entry(action=Action.WRITE_RESOURCES, detail={"resources": resources}))
    assert shown.what == says


@pytest.mark.parametrize(
    ("detail", "who"),
    [
        ({"actor_kind": "citizen", "name": "Anne"}, "Du"),
        ({"actor_kind": "machine", "name": "", "role": ""}, "Journalsystemet, uten innlogget bruker"),
        ({"actor_kind": "system", "name": ""}, "Digitalt helsekort (automatisk)"),
        ({"actor_kind": "proxy", "name": "Ola Lie"}, "Ola Lie, med fullmakt"),
        ({"role": "LE"}, "Lege Kari Nordmann"),
        ({"role": "ZZ"}, "Kari Nordmann"),
        ({"role": "", "name": ""}, "Ukjent bruker"),
    ],
)
def test_who(detail: dict[str, str], who: str) -> None:
    assert line(entry(detail=detail)).who == who


def test_nobody_is_shown_by_number() -> None:
    shown = repr(
        page(*(entry(n, action=action, detail={"section": "mother"}) for n, action in enumerate(Action)))
    )
    assert not [number for number in NUMBERS if number in shown]


def test_every_action_has_its_words() -> None:
    assert ACTIONS.keys() == set(Action)


def test_newest_first_by_norwegian_day() -> None:
    late = datetime(2026, 1, 16, 23, 30, tzinfo=UTC)
    shown = page(entry(1), entry(2, at=late), entry(3))
    assert [(day.day, len(day.lines)) for day in shown.days] == [
        ("17.\u00a0januar 2026", 1),
        ("16.\u00a0januar 2026", 2),
    ]
    assert [one.when for one in shown.days[1].lines] == ["12.33", "12.31"]


def test_the_filters_part_the_log_in_two() -> None:
    log = [entry(1), entry(2, detail={"actor_kind": "citizen"}), entry(3, detail={"actor_kind": "machine"})]
    assert (page(*log).count, page(*log, chosen="meg").count, page(*log, chosen="helsepersonell").count) == (
        "3 oppslag",
        "1 oppslag",
        "2 oppslag",
    )


def test_opening_her_own_card_is_one_line_and_other_checks_of_status_stay() -> None:
    mine = {"actor_kind": "citizen", "event_id": "one"}
    opened = [entry(1, action=Action.READ_STATUS, detail=mine), entry(2, detail=mine)]
    assert [one.what for one in page(*opened).days[0].lines] == ["Leste helsekortet"]
    same = {"event_id": "one"}
    theirs = [entry(1, action=Action.READ_STATUS, detail=same), entry(2, detail=same)]
    assert len(page(*theirs).days[0].lines) == 2


def test_a_long_log_has_older_pages_and_loses_nothing() -> None:
    log = [entry(n) for n in range(PAGE_SIZE * 2 + 1)]
    starts, seen, start = [], 0, 0
    while True:
        shown = page(*log, chosen="helsepersonell", start=start)
        starts.append(start)
        seen += sum(len(day.lines) for day in shown.days)
        if not shown.older:
            break
        assert shown.older == f"/logg?vis=helsepersonell&fra={start + PAGE_SIZE}"
        start += PAGE_SIZE
    assert (seen, starts) == (len(log), [0, PAGE_SIZE, 2 * PAGE_SIZE])
