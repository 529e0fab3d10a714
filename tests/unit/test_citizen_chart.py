"""The drawing of her belly's measurements: what it draws, how it is read aloud, and that it can be seen."""

import re
from itertools import pairwise
from xml.etree import ElementTree as ET

import pytest

from helsekort.citizen.card.chart import DOT, INK, LINE, QUIET, Point, draw, drawable

SVG = "{http://www.w3.org/2000/svg}"


def drawn(*points: tuple[int, int]) -> ET.Element:
    made = [Point(week, height, f"Uke {week}: {height} cm") for week, height in points]
    text = draw(made, title="Mål av magen", description="Målene <alle>", week="Uke", centimetres="cm")
    return ET.fromstring(text)  # noqa: S314 - our own drawing


def test_it_is_one_image_with_a_name_and_a_description() -> None:
    svg = drawn((24, 23), (28, 27))
    assert (svg.get("role"), svg.get("direction")) == ("img", "ltr")
    names = {one.get("id"): one.text for one in svg if one.get("id")}
    assert svg.get("aria-labelledby") == "chart-title chart-text"
    assert names == {"chart-title": "Mål av magen", "chart-text": "Målene <alle>"}


def test_each_measurement_is_a_point_that_says_its_value() -> None:
    points = list(drawn((24, 23), (28, 27)).iter(f"{SVG}circle"))
    assert [point.findtext(f"{SVG}title") for point in points] == ["Uke 24: 23 cm", "Uke 28: 27 cm"]
    (x1, y1), (x2, y2) = ((float(p.get("cx", 0)), float(p.get("cy", 0))) for p in points)
    assert x1 < x2
    assert y1 > y2


def test_no_line_joins_measurements_more_than_six_weeks_apart() -> None:
    lines = [
        line for line in drawn((24, 23), (26, 25), (34, 33)).iter(f"{SVG}line") if line.get("stroke") == DOT
    ]
    assert len(lines) == 1


@pytest.mark.parametrize("outside", [(23, 22), (43, 40), (30, 14), (30, 46)])
def test_what_has_no_place_in_the_drawing_is_left_to_the_table(outside: tuple[int, int]) -> None:
    assert drawable([Point(*outside, "")]) == []


def test_a_week_is_as_wide_everywhere_and_the_grid_is_even() -> None:
    places = [
        float(p.get("cx", 0)) for p in drawn((24, 20), (25, 21), (26, 22), (27, 23)).iter(f"{SVG}circle")
    ]
    widths = [two - one for one, two in pairwise(places)]
    assert max(widths) - min(widths) < 0.2


def test_nothing_in_it_needs_a_style_a_script_or_another_file() -> None:
    text = ET.tostring(drawn((24, 23)), encoding="unicode")
    assert not re.search(r"style=|href|script|url\(|paint-order|filter|foreignObject|var\(", text)


def luminance(colour: str) -> float:
    """WCAG 2.2, relative luminance."""
    if len(colour) == 4:
        colour = "#" + "".join(2 * digit for digit in colour[1:])
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, two: str) -> float:
    light, dark = sorted((luminance(one), luminance(two)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_its_colours_can_be_seen_on_white() -> None:
    """axe does not judge text inside an SVG (WCAG 1.4.3 and 1.4.11)."""
    assert contrast(INK, "#ffffff") >= 4.5
    assert contrast(QUIET, "#ffffff") >= 4.5
    assert contrast(DOT, "#ffffff") >= 3
    assert contrast(LINE, "#ffffff") < contrast(DOT, "#ffffff")
