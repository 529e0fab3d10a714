"""The catalogue refuses rows that cannot be right, and names them."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from helsekort.maternity.catalogue import CATALOGUE, FILE, BadCatalogue, load_catalogue
from helsekort.terminology import check_digits
from helsekort.terminology.code_systems import CODE_SYSTEMS, BadCodeSystem, load, number_of

HEAD = """
[sources]
N2 = "the contract"
[[never]]
nb = "x"
reason = "y"
source = ["N2"]
[[section]]
name = "clinicalTests"
code = "tst"
nb = "Prøver"
nn = "Prøver"
en = "Tests"
helsenorge = "Andre prøvesvar"
scope = "woman"
visibility = "A"
source = ["N2"]
"""
GOOD: dict[str, Any] = {
    "section": "clinicalTests",
    "name": "hemoglobin",
    "type": "decimal",
    "unit": "g/dL",
    "min": 1,
    "max": 30,
    "codes": ["LOINC 718-7 confirmed"],
    "nb": "Hb",
    "nn": "Hb",
    "en": "Hb",
}

BAD = [
    pytest.param({"colour": "red"}, "unknown keys", id="unknown key"),
    pytest.param({"nn": ""}, "no label in nn", id="missing label"),
    pytest.param({"type": "float"}, "type float is not known", id="unknown type"),
    pytest.param({"unit": None}, "limits without a unit", id="limits without a unit"),
    pytest.param({"unit": "g/l"}, "not a known UCUM unit", id="unknown unit"),
    pytest.param({"min": 30, "max": 1}, "a min below a max", id="limits upside down"),
    pytest.param({"min": None, "max": None}, "a number needs limits", id="no limits"),
    pytest.param(
        {"codes": ["LOINC 718-8 confirmed"]}, "718-8 is not a code of LOINC", id="LOINC check digit"
    ),
    pytest.param({"codes": ["SCT 289206006 confirmed"]}, "is not a code of SCT", id="SNOMED CT check digit"),
    pytest.param({"codes": ["NLK NPU1976 confirmed"]}, "is not a code of NLK", id="NLK shape"),
    pytest.param({"codes": ["ICD O24 confirmed"]}, "code system ICD", id="unknown system"),
    pytest.param({"codes": ["LOINC 718-7"]}, "'SYSTEM code status'", id="no status"),
    pytest.param({"codes": ["LOINC 718-7 sure"]}, "'SYSTEM code status'", id="unknown status"),
    pytest.param({"visibility": "C"}, "visibility must be one of", id="never on the card"),
    pytest.param({"helsenorge": "Annet"}, "helsenorge must be one of", id="no such Helsenorge section"),
    pytest.param({"scope": "child"}, "scope must be one of", id="unknown scope"),
    pytest.param({"weeks": "early"}, "weeks must be like", id="unknown weeks"),
    pytest.param({"source": ["X9"]}, "sources ['X9']", id="unknown source"),
    pytest.param({"name": "hemo globin"}, "not a path", id="name with a blank"),
    pytest.param({"section": "tests"}, "no such section", id="unknown section"),
    pytest.param({"type": "code", "code_system": "9999"}, "code system 9999 is not known", id="unknown list"),
    pytest.param({"type": "choice"}, "a choice needs values", id="choice without values"),
    pytest.param({"effective": "note"}, "is not a date field", id="no such date"),
    pytest.param({"name": "a[].b"}, "every array needs its row in items", id="array without a key"),
]


def _catalogue(*rows: dict[str, Any]) -> str:
    return HEAD + "".join(f"[[field]]\n{_lines(row)}\n" for row in rows)


def _lines(row: dict[str, Any]) -> str:
    given = {name: value for name, value in row.items() if value is not None}
    return "\n".join(f"{name} = {value!r}" for name, value in given.items())


def test_a_good_row_is_taken() -> None:
    assert (
        load_catalogue(_catalogue(GOOD)).fields["clinicalTests.hemoglobin"].path == "clinicalTests.hemoglobin"
    )


@pytest.mark.parametrize(("change", "says"), BAD)
def test_a_row_that_cannot_be_right_is_refused_with_its_name(change: dict[str, Any], says: str) -> None:
    row = GOOD | change
    with pytest.raises(BadCatalogue) as bad:
        load_catalogue(_catalogue(row))
    assert says in str(bad.value)
    assert row["name"].split("[")[0] in str(bad.value) or row["section"] in str(bad.value)


@pytest.mark.parametrize("code", ["", "t", "test", "T1"])
def test_a_section_without_a_proper_code_is_refused(code: str) -> None:
    with pytest.raises(BadCatalogue, match="clinicalTests: code"):
        load_catalogue(_catalogue(GOOD).replace('code = "tst"', f'code = "{code}"'))


def test_two_sections_never_have_one_code() -> None:
    other = HEAD[HEAD.index("[[section]]") :].replace('name = "clinicalTests"', 'name = "mother"')
    row = _catalogue(GOOD, GOOD | {"section": "mother"}).replace("[[section]]", other + "[[section]]", 1)
    with pytest.raises(BadCatalogue, match="same code"):
        load_catalogue(row)


@pytest.mark.parametrize("name", ["hemoglobin", "hemoglobin.value", "hemoglobin[].value"])
def test_paths_that_collide_are_refused(name: str) -> None:
    with pytest.raises(BadCatalogue, match=r"stands twice|collides"):
        load_catalogue(_catalogue(GOOD, GOOD | {"name": name}))


def test_the_fourteen_sections_of_the_contract_are_there() -> None:
    assert {section.name for section in CATALOGUE.routed} == {
        "antenatalAppointments",
        "birthStatus",
        "clinicalTests",
        "currentPregnancy",
        "geneticDisorders",
        "lifestyleFactors",
        "medicalConditions",
        "medication",
        "mother",
        "pointsOfContact",
        "previousPregnancies",
        "rhesusDNegative",
        "symphysisFundalHeights",
        "vitalMeasurementsBeforePregnancy",
    }


def test_notes_and_tests_of_infections_are_sensitive_and_the_coparent_is_a_third_party() -> None:
    notes = [field for field in CATALOGUE.fields.values() if field.name.rpartition(".")[2] == "note"]
    assert notes
    assert {field.visibility for field in notes} == {"B"}
    for name in ("hiv", "syphilis", "hbv", "hbvCore", "hepatitisC", "chlamydia", "gonorrhea"):
        assert CATALOGUE.fields[f"clinicalTests.{name}"].visibility == "B"
    coparent = [field for field in CATALOGUE.fields.values() if "oparent" in field.key.lower()]
    assert {field.visibility for field in coparent} == {"D"}


def test_only_confirmed_codes_are_put_on_resources() -> None:
    for field in CATALOGUE.fields.values():
        on_resources = {(one["system"], one["code"]) for one in field.concept["coding"][1:]}
        assert on_resources == {(one.uri, one.code) for one in field.codes if one.status == "confirmed"}


def test_every_source_that_is_listed_is_cited() -> None:
    file = tomllib.loads(FILE.read_text(encoding="utf-8"))
    cited = {
        key for table in ("field", "section", "never") for row in file[table] for key in row.get("source", ())
    }
    assert cited == set(CATALOGUE.sources)


@pytest.mark.parametrize(
    ("check", "good", "bad"),
    [
        (check_digits.loinc, ["718-7", "8665-2", "85354-9", "11881-0"], ["718-8", "718", "7187", "-7"]),
        (
            check_digits.snomed,
            ["289206005", "813541000000100", "73211009"],
            ["289206006", "12345", "073211009", "x"],
        ),
        (check_digits.nlk, ["NOR05172", "NPU19763"], ["NPU1976", "ABC12345", "NPU197630"]),
    ],
)
def test_check_digits(check: Any, good: list[str], bad: list[str]) -> None:  # noqa: ANN401 - a function of a text
    assert all(map(check, good))
    assert not any(map(check, bad))


@pytest.mark.parametrize(
    ("spelling", "number"),
    [
        ("VOLVEN_8534", "8534"),
        ("urn:oid:2.16.578.1.12.4.1.1.8534", "8534"),
        ("2.16.578.1.12.4.1.1.8534", "8534"),
        ("http://helsedir.no/fhir/CodeSystem/no-kodeverk-8534", "8534"),
        ("http://ehelse.no/fhir/CodeSystem/no-kodeverk-8534", "8534"),
        ("http://helsenorge.no/fhir/CodeSystem/no-kodeverk-8534.codesystem", "8534"),
        ("volven_8534", None),
        ("VOLVEN_08534", None),
        ("urn:oid:2.16.578.1.12.4.1.1.8534 ", None),
        ("https://helsedir.no/fhir/CodeSystem/no-kodeverk-8534", None),
        ("8534", None),
        ("", None),
    ],
)
def test_every_spelling_of_a_code_system_in_use_and_no_other(spelling: str, number: str | None) -> None:
    assert number_of(spelling) == number


def test_names_of_codes_in_each_language_and_none_made_up() -> None:
    countries = CODE_SYSTEMS["9043"]
    assert [countries.name("NO", language) for language in ("nb", "nn", "en")] == ["Norge", "Noreg", "Norway"]
    assert countries.takes("QZ")
    assert countries.name("QZ") is None
    assert countries.status_of("NO") == "unconfirmed"
    assert CODE_SYSTEMS["8534"].status_of("1") == "confirmed"
    assert not CODE_SYSTEMS["8522"].takes("4")


SYSTEM = """
[sources]
V1 = "the list"
[[system]]
number = "8522"
title = "Barnets status"
status = "confirmed"
source = ["V1"]
"""
ONE = '{ code = "1", nb = "a", nn = "b", en = "c" }'


@pytest.mark.parametrize(
    ("rest", "says"),
    [
        ("", "neither codes nor a shape"),
        (f"codes = [{ONE}, {ONE}]", "stands twice"),
        (f'shape = "[0-9]{{2}}"\ncodes = [{ONE}]', "does not have the shape"),
        ('codes = [{ code = "1", nb = "a" }]', "a name in each of"),
        ('codes = [{ code = "1", nb = "a", nn = "b", en = "c", status = "sure" }]', "status sure"),
        (f'colour = "red"\ncodes = [{ONE}]', "unknown keys"),
        (f"codes = [{ONE}]\n[[system]]\nnumber = 'x'", "four-digit number"),
    ],
)
def test_a_code_system_that_cannot_be_right_is_refused_with_its_number(
    rest: str, says: str, tmp_path: Path
) -> None:
    file = tmp_path / "code_systems.toml"
    file.write_text(SYSTEM + rest, encoding="utf-8")
    with pytest.raises(BadCodeSystem, match="Code system") as bad:
        load(file)
    assert says in str(bad.value)
