"""Mål av magen as a drawing: plain SVG without style attributes, so that it prints, reads aloud and needs no script.

No reference curve and no verdict: it shows what was measured. Shown from week 24, as on Helsenorge.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from markupsafe import Markup, escape

FIRST_WEEK, LAST_WEEK = 24, 42
LOW, HIGH = 15, 45
WIDTH, HEIGHT = 320, 250
LEFT, RIGHT, TOP, BOTTOM = 32, 10, 14, 44
LONGEST_LINE = 6
"""Weeks between two measurements beyond which no line joins them: nobody knows what was between."""

INK, QUIET, LINE, DOT = "#2e2a31", "#5a555e", "#dcd6dc", "#5B3F78"


@dataclass(frozen=True, slots=True)
class Point:
    """One measurement: completed week, centimetres, and how it is read aloud."""

    week: int
    centimetres: int
    label: str


def drawable(points: Sequence[Point]) -> list[Point]:
    """The measurements that have a place in the drawing, in order."""
    inside = [
        point
        for point in points
        if FIRST_WEEK <= point.week <= LAST_WEEK and LOW <= point.centimetres <= HIGH
    ]
    return sorted(inside, key=lambda point: point.week)


def draw(points: Sequence[Point], *, title: str, description: str, week: str, centimetres: str) -> Markup:
    """The drawing; `title` and `description` are what a screen reader says of it, the last two name the axes."""
    shown = drawable(points)
    body = Markup("").join([*_grid(), *_axis_names(week, centimetres), *_lines(shown), *map(_dot, shown)])
    return Markup(
        '<svg class="chart" xmlns="http://www.w3.org/2000/svg" role="img" direction="ltr" viewBox="0 0 {} {}" '
        'font-size="14" font-family="Inter, sans-serif" aria-labelledby="chart-title chart-text">'
        '<title id="chart-title">{}</title><desc id="chart-text">{}</desc>{}</svg>'
    ).format(WIDTH, HEIGHT, title, description, body)


def _x(week: float) -> float:
    return LEFT + (week - FIRST_WEEK) / (LAST_WEEK - FIRST_WEEK) * (WIDTH - LEFT - RIGHT)


def _y(centimetres: float) -> float:
    return TOP + (HIGH - centimetres) / (HIGH - LOW) * (HEIGHT - TOP - BOTTOM)


def _grid() -> list[Markup]:
    line = Markup('<line x1="{:.1f}" x2="{:.1f}" y1="{:.1f}" y2="{:.1f}" stroke="{}"/>')
    text = Markup('<text x="{:.1f}" y="{:.1f}" text-anchor="{}" fill="{}">{}</text>')
    drawn = []
    for height in range(LOW, HIGH + 1, 5):
        drawn.append(line.format(LEFT, WIDTH - RIGHT, _y(height), _y(height), LINE))
        drawn.append(text.format(LEFT - 8, _y(height) + 4.5, "end", QUIET, height))
    for week in range(FIRST_WEEK, LAST_WEEK + 1, 2):
        drawn.append(line.format(_x(week), _x(week), HEIGHT - BOTTOM, HEIGHT - BOTTOM + 4, QUIET))
        if week % 4 == 0:
            drawn.append(text.format(_x(week), HEIGHT - BOTTOM + 19, "middle", QUIET, week))
    return drawn


def _axis_names(week: str, centimetres: str) -> list[Markup]:
    text = Markup('<text x="{:.1f}" y="{:.1f}" text-anchor="{}" fill="{}">{}</text>')
    return [
        text.format((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 6, "middle", QUIET, escape(week)),
        text.format(LEFT + 8, TOP + 12, "start", QUIET, escape(centimetres)),
    ]


def _lines(points: Sequence[Point]) -> list[Markup]:
    line = Markup('<line x1="{:.1f}" y1="{:.1f}" x2="{:.1f}" y2="{:.1f}" stroke="{}" stroke-width="2"/>')
    return [
        line.format(_x(one.week), _y(one.centimetres), _x(two.week), _y(two.centimetres), DOT)
        for one, two in pairwise(points)
        if two.week - one.week <= LONGEST_LINE
    ]


def _dot(point: Point) -> Markup:
    circle = Markup(
        '<circle cx="{:.1f}" cy="{:.1f}" r="5" fill="{}" stroke="#fff" stroke-width="1.5"><title>{}</title></circle>'
    )
    return circle.format(_x(point.week), _y(point.centimetres), DOT, point.label)
