"""Her card in words: values, origins, absence, weeks, and what is said of a record that is ended."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from helsekort.basics.ids import new_id
from helsekort.citizen.card.presenter import CardPage, SectionView, present
from helsekort.citizen.card.rows import Row
from helsekort.citizen.card.said import HOW, MEASURED, UNITS, WORDED, origin, say
from helsekort.citizen.language import load
from helsekort.citizen.sections import NAMES, parts_of_card
from helsekort.ledger.view import PersonState, View
from helsekort.maternity.card import Author, Stamp, create_record, post_section, put_section, update_status
from helsekort.maternity.catalogue import CATALOGUE, HELSENORGE_SECTIONS
from helsekort.maternity.examples import full_card
from helsekort.maternity.reading import read_card
from helsekort.maternity.registering import Registered
from helsekort.maternity.signing import ORIGINS
from tests.spec.record_in_memory import KARI as KARI_IN_MEMORY
from tests.spec.record_in_memory import TONE as TONE_IN_MEMORY
from tests.spec.record_in_memory import Record

NB = load("nb")
TODAY = date(2026, 1, 21)
RECORD = UUID(int=7)
PERSON = PersonState(
    UUID(int=1),
    consented=True,
    deceased=False,
    confidential_address=False,
    active_record=None,
    latest_record=None,
    last_changed=None,
)
KARI = Author(
    "HEALTH_CARE_PROFESSIONAL", "1", "Fjordby helsestasjon", hpr_nr="9", hpr_role="JO", name="Kari Nordmann"
)
LARS = Author(
    "HEALTH_CARE_PROFESSIONAL", "2", "Storgata legekontor", hpr_nr="8", hpr_role="LE", name="Lars Holm"
)


def stamp(author: Author = KARI, *, day: int = 16) -> Stamp:
    return Stamp(datetime(2026, 1, day, 11, 30, tzinfo=UTC), author, new_id)


def page(body: Mapping[str, Any], *, today: date = TODAY) -> CardPage:
    """The page of a new record with this body."""
    made = create_record(dict(body), stamp())(View(PERSON, None), RECORD, 1)
    return present(read_card(made.parts), name="Anne", today=today, language=NB)


def section(shown: CardPage, name: str) -> SectionView:
    return next(one for one in shown.sections if one.id == name)


def rows(view: SectionView) -> dict[str, Row]:
    """Every row of a section by its label, the sensitive ones too."""
    return {
        row.label: row
        for values in view.values
        for group in (*values.groups, *values.sensitive)
        for row in group.rows
    }


def texts(view: SectionView) -> dict[str, str]:
    return {label: row.said.text for label, row in rows(view).items()}


def test_the_ten_sections_stand_in_helsenorges_order_even_when_empty() -> None:
    shown = page({})
    assert [one.name for one in shown.sections] == [
        "Om deg",
        "Oppfølging i svangerskapet",
        "Helseutfordringer",
        "Ditt svangerskap",
        "Levevaner",
        "Legemidler",
        "Tidligere svangerskap",
        "Svangerskapskontroller",
        "Andre prøvesvar",
        "Mål av magen",
    ]
    assert all(one.empty for one in shown.sections)
    assert tuple(NAMES) == HELSENORGE_SECTIONS


@pytest.mark.parametrize(
    ("part", "field", "value", "said"),
    [
        ("clinicalTests", "hemoglobin", Decimal("12.30"), "12,30 g/dL"),
        ("clinicalTests", "ferritin", Decimal("41"), "41 µg/L"),
        ("clinicalTests", "hiv", False, "Ikke påvist"),
        ("clinicalTests", "groupBStreptococci", True, "Påvist"),
        ("medicalConditions", "diabetes", True, "Ja"),
        ("medicalConditions", "diabetes", False, "Nei"),
        ("mother", "language", {"code": "AR"}, "Arabisk"),
        ("mother", "countryOfBirth", {"code": "SO"}, "Somalia"),
        ("mother", "employmentPercentage", 80, "80 %"),
        ("currentPregnancy", "dateLastPeriod", "2025-08-03", "3.\u00a0august 2025"),
        ("vitalMeasurementsBeforePregnancy", "bMI", Decimal("22.9"), "22,9 kg/m²"),
        ("previousPregnancies", "numberOfPreviousPregnancies", 0, "0"),
        ("medication", "medicationFrequency", "Av og til\nparacet", "Av og til\nparacet"),
    ],
)
def test_a_value_in_her_words(part: str, field: str, value: object, said: str) -> None:
    shown = page({part: {field: value}})
    label = CATALOGUE.fields[f"{part}.{field}"].labels["nb"]
    found = next(texts(one)[label] for one in shown.sections if label in rows(one))
    assert found == said


def test_an_unknown_code_is_shown_as_the_code() -> None:
    field = CATALOGUE.fields["antenatalAppointments.fetusesVitalSigns.fetalPresentationLie"]
    assert say(field, "77", NB).text == "Kode 77"


def test_every_type_and_unit_of_the_catalogue_can_be_said() -> None:
    fields = CATALOGUE.fields.values()
    assert {field.type for field in fields} == WORDED.keys() | MEASURED.keys()
    as_written = {"cm", "kg", "g", "mm", "g/dL", "mmol/L", "mmol/mol", ""}
    assert {field.unit for field in fields} <= UNITS.keys() | as_written


def test_every_value_of_a_full_card_is_on_the_page() -> None:
    card = full_card(3, fetuses=2)
    shown = page(card, today=date(2026, 6, 1))
    assert not any(one.empty for one in shown.sections)
    visits = section(shown, "kontroller").visits
    assert visits is not None
    assert len(visits.rows) == len(card["antenatalAppointments"])


def test_nobody_is_shown_by_number() -> None:
    contact = {
        "name": "Kari",
        "organizationName": "Fjordby",
        "organizationId": "974767880",
        "hprNr": "9144889",
    }
    shown = texts(section(page({"pointsOfContact": {"midwife": contact}}), "oppfolging"))
    assert shown == {"Jordmor": "Kari", "Jordmors arbeidssted": "Fjordby"}


def test_one_origin_is_said_once_above_the_values() -> None:
    (values,) = section(
        page({"medication": {"drugAllergy": False, "medicationFrequency": "Nei"}}), "legemidler"
    ).values
    assert values.origin == "Fra jordmor Kari Nordmann, Fjordby helsestasjon, registrert 16.\u00a0januar 2026"
    assert [row.origin for group in values.groups for row in group.rows] == ["", ""]


def test_a_value_from_somebody_else_says_so() -> None:
    first = create_record({"medication": {"drugAllergy": False, "medicationFrequency": "Nei"}}, stamp())
    made = first(View(PERSON, None), RECORD, 1)
    body = {"drugAllergy": True, "medicationFrequency": "Nei", "metadata": {"version": 1}}
    view = View(PERSON, None, card=made.segments, parts=made.parts)
    changed = put_section("medication", None, body, stamp(LARS, day=20))(view, RECORD, 2)
    card = read_card({**made.parts, **changed.parts})
    (values,) = section(present(card, name="", today=TODAY, language=NB), "legemidler").values
    origins = {row.label: row.origin for group in values.groups for row in group.rows}
    lars = "Fra lege Lars Holm, Storgata legekontor, registrert 20.\u00a0januar 2026"
    kari = "Fra jordmor Kari Nordmann, Fjordby helsestasjon, registrert 16.\u00a0januar 2026"
    assert values.origin in {f"{kari}, der ikke annet står", f"{lars}, der ikke annet står"}
    assert sorted(origins.values()) == ["", lars if values.origin.startswith(kari) else kari]


@pytest.mark.parametrize(
    ("registered", "said"),
    [
        (
            Registered("Anne", "", "", "2026-01-16T23:30:00.000Z", by_herself=True),
            "Fra deg, registrert 17.\u00a0januar 2026",
        ),
        (
            Registered("", "", "", "2026-01-16T10:00:00.000Z", by_herself=False),
            "Fra ukjent, registrert 16.\u00a0januar 2026",
        ),
        (
            Registered("Kari", "XX", "", "2026-01-16T10:00:00.000Z", by_herself=False),
            "Fra Kari, registrert 16.\u00a0januar 2026",
        ),
        (
            Registered("Kari", "", "", "2026-01-16T10:00:00.000Z", by_herself=False, origin="transcribed"),
            "Fra Kari, registrert 16.\u00a0januar 2026, skrevet av fra papir eller en annen journal",
        ),
        (
            Registered("Anne", "", "", "2026-01-16T10:00:00.000Z", by_herself=True, origin="self-reported"),
            "Fra deg, registrert 16.\u00a0januar 2026",
        ),
    ],
)
def test_an_origin_with_little_in_it(registered: Registered, said: str) -> None:
    assert origin(registered, NB) == said


def test_every_origin_has_words() -> None:
    assert HOW.keys() == ORIGINS


def test_what_nobody_has_registered_is_named_and_never_a_no() -> None:
    shown = section(page({"medicalConditions": {"diabetes": None, "epilepsy": False}}), "helseutfordringer")
    assert "Diabetes" in shown.missing
    assert "Epilepsi" not in shown.missing
    assert "Diabetes" not in rows(shown)
    assert "Merknad" not in shown.missing


def test_sensitive_values_stand_apart_and_sensitive_sections_are_closed() -> None:
    shown = page(
        {"clinicalTests": {"hiv": False, "ferritin": 40}, "medicalConditions": {"mentalHealth": True}}
    )
    (tests,) = section(shown, "prover").values
    assert [row.label for group in tests.sensitive for row in group.rows] == ["Hiv"]
    assert [row.label for group in tests.groups for row in group.rows] == ["Ferritin"]
    assert not section(shown, "helseutfordringer").opens
    assert not section(shown, "levevaner").opens
    assert section(shown, "prover").opens


def due(body: Mapping[str, Any], *, today: date = TODAY) -> CardPage:
    return page({"currentPregnancy": dict(body)}, today=today)


def test_the_week_is_counted_from_ultrasound_and_both_due_dates_are_shown() -> None:
    shown = due({"dueDate": "2026-05-12", "dueDateBasedOnUltrasound": "2026-05-10"})
    assert shown.week is not None
    assert (shown.week.week, shown.week.days) == ("Uke 24", "dag 6")
    assert shown.week.left == "109 dager igjen til termin"
    assert [(line.basis, line.day, line.counted) for line in shown.due] == [
        ("Termin etter ultralyd", "10.\u00a0mai 2026", True),
        ("Termin etter siste menstruasjon", "12.\u00a0mai 2026", False),
    ]


@pytest.mark.parametrize(
    ("days", "said"),
    [
        (2, "2 dager igjen til termin"),
        (1, "1 dag igjen til termin"),
        (0, "Termin er i dag"),
        (-1, "1 dag over termin"),
        (-9, "9 dager over termin"),
    ],
)
def test_days_left_without_a_verdict(days: int, said: str) -> None:
    shown = due({"dueDateBasedOnUltrasound": (TODAY + timedelta(days=days)).isoformat()})
    assert shown.week is not None
    assert shown.week.left == said


def test_without_a_due_date_of_this_time_no_week_is_shown() -> None:
    assert due({"numberOfFetuses": 1}).week is None
    assert due({"dueDate": "2024-01-01"}).week is None


@pytest.mark.parametrize(
    "end",
    [
        {"status": "TERMINATED", "terminationDate": "2026-01-10"},
        {"status": "DELIVERED", "deliveryDate": "2026-01-10", "liveBirth": False},
    ],
)
def test_an_ended_record_counts_nothing_and_is_closed(end: dict[str, Any]) -> None:
    born = {"birthStatus": {"birthStatus": [{"fosterId": 1, "status": {"code": "2"}}]}}
    made = create_record(full_card(2) | born, stamp())(View(PERSON, None), RECORD, 1)
    view = View(PERSON, None, card=made.segments, parts=made.parts)
    ended = update_status(end, stamp())(view, RECORD, 2)
    shown = present(read_card({**made.parts, **ended.parts}), name="", today=date(2026, 1, 11), language=NB)
    assert shown.ended is not None
    assert shown.week is None
    assert shown.due == ()
    assert not any(one.opens for one in shown.sections)
    assert "Gratulerer" not in shown.ended.text


def visit_page(*visits: dict[str, Any]) -> SectionView:
    made = dict(create_record({}, stamp())(View(PERSON, None), RECORD, 1).parts)
    for number, visit in enumerate(visits, start=2):
        view = View(PERSON, None, card={"record": b"{}"}, parts=made)
        made |= post_section("antenatalAppointments", visit, stamp())(view, RECORD, number).parts
    return section(present(read_card(made), name="", today=TODAY, language=NB), "kontroller")


def test_a_visit_of_twins_names_the_fetus_of_each_value() -> None:
    signs = [{"fosterId": 1, "fetalHeartRate": 146}, {"fosterId": 2, "motherFeelsBabyMovements": True}]
    visits = visit_page(
        {"appointmentDate": "2026-01-16", "motherWeight": 70, "fetusesVitalSigns": signs}
    ).visits
    assert visits is not None
    (visit,) = visits.rows
    assert [group.name for group in visit.groups] == ["", "Foster 1", "Foster 2"]
    cells = {name: cell for name, cell in zip(visits.columns, visit.cells, strict=True) if cell}
    assert {name: [(one.fetus, one.said.text) for one in cell] for name, cell in cells.items()} == {
        "Vekt (kg)": [("", "70")],
        "Fosterlyd (slag/min)": [("Foster 1", "146")],
        "Kjenner liv": [("Foster 2", "Ja")],
    }


def test_visits_stand_newest_first_with_week_and_blood_pressure() -> None:
    visits = visit_page(
        {"appointmentDate": "2025-12-01", "pregnancyWeek": 17},
        {
            "appointmentDate": "2026-01-16",
            "pregnancyWeek": 24,
            "daysAfterFullPregnancyWeek": 3,
            "bloodPressure": "118/76",
        },
    ).visits
    assert visits is not None
    assert [(visit.day, visit.week) for visit in visits.rows] == [
        ("16.\u00a0januar 2026", "Uke 24 · dag 3"),
        ("1.\u00a0desember 2025", "Uke 17"),
    ]
    assert visits.rows[0].groups[0].rows[0].said.text == "118/76 mmHg"


def test_a_visit_with_one_value_says_once_who_registered_it() -> None:
    visits = visit_page({"appointmentDate": "2026-01-16", "motherWeight": 70}).visits
    assert visits is not None
    (visit,) = visits.rows
    assert visit.origin == "Fra jordmor Kari Nordmann, Fjordby helsestasjon, registrert 16.\u00a0januar 2026"
    assert [row.origin for group in visit.groups for row in group.rows] == [""]


def test_a_value_that_the_table_has_no_column_for_says_who_else_registered_it() -> None:
    first = {"appointmentDate": "2026-01-16", "motherWeight": 70, "edema": 1}
    record = Record()
    key = record.post("antenatalAppointments", first, by=KARI_IN_MEMORY)
    record.put(key, first | {"employmentRate": 50}, by=TONE_IN_MEMORY)
    visits = section(present(read_card(record.parts), name="", today=TODAY, language=NB), "kontroller").visits
    assert visits is not None
    (visit,) = visits.rows
    assert [row.label for group in visit.more for row in group.rows] == ["Arbeid"]
    assert [line.startswith("Arbeid: Fra jordmor Tone") for line in visit.exceptions] == [True]


def test_the_parts_of_the_card_are_named_and_ordered_as_on_the_card() -> None:
    parts = parts_of_card(NB)
    assert parts.keys() == CATALOGUE.sections.keys() - {"record"}
    assert list(parts.values())[:4] == [
        "Om deg",
        "Oppfølging i svangerskapet",
        "Arvelige forhold",
        "Sykdommer og plager",
    ]
    assert parts["symphysisFundalHeights"] == "Mål av magen"


def test_a_remark_has_the_width_of_the_page_and_a_name_stands_beside_its_label() -> None:
    note, place = (
        CATALOGUE.fields[key] for key in ("antenatalAppointments.note", "pointsOfContact.birthInstitute")
    )
    assert say(note, "Bra.", NB).long
    assert not say(place, "Fjordby sykehus, fødeavdelingen", NB).long
