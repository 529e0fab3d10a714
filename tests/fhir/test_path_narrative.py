"""What a narrative may hold (R4 txt-1 and txt-2), and the invariants of R4 that are corrected."""

from __future__ import annotations

from typing import Any

import pytest

from helsekort.fhir.path import Scope, compile_path
from helsekort.fhir.path.errata import corrected
from helsekort.fhir.path.narrative import Standing, is_safe, standing

OPEN = '<div xmlns="http://www.w3.org/1999/xhtml">'


@pytest.mark.parametrize(
    "inside",
    [
        "<p>Uke 20 &amp; frisk</p>",
        "tekst uten avsnitt",
        "<p>uke&nbsp;20 &#160; &aelig;</p>",
        '<table border="1"><thead><tr><th scope="col">U</th></tr></thead><tbody><tr><td colspan="2">2</td></tr></tbody></table>',
        '<a href="https://example.no/a?b=1&amp;c=2">lenke</a> <a href="#note">note</a> <a href="Patient/1">hun</a>',
        '<a href="mailto:jordmor@example.no" title="skriv">skriv</a>',
        '<img src="data:image/png;base64,iVBORw0KGgo=" alt="kurve"/>',
        '<img src="#kurve"/>',
        '<p style="color: red" class="c" id="i" lang="nb" xml:lang="nb" dir="ltr">a</p>',
        '<td style="background-image: url(data:image/png;base64,iVBO)">a</td>',
        "<ul><li>a</li></ul><ol><li>b</li></ol><dl><dt>c</dt><dd>d</dd></dl><br/><hr/><pre>e</pre>",
        "<!-- a remark --><b>a</b><i>b</i><sub>c</sub><code>d</code>",
    ],
)
def test_text_and_its_layout_are_allowed(inside: str) -> None:
    assert is_safe(f"{OPEN}{inside}</div>")


@pytest.mark.parametrize(
    "inside",
    [
        "<script>alert(1)</script>",
        "<SCRIPT>alert(1)</SCRIPT>",
        '<p onclick="a()">a</p>',
        '<img src="x" onerror="a()"/>',
        '<a href="javascript:a()">a</a>',
        '<a href="JaVaScRiPt:a()">a</a>',
        '<a href=" java&#9;script:a()">a</a>',
        '<a href="&#x6a;avascript:a()">a</a>',
        '<a href="vbscript:a()">a</a>',
        '<a href="data:text/html;base64,PHNjcmlwdD4=">a</a>',
        '<img src="file:///etc/passwd"/>',
        '<form action="/"><input name="a"/></form>',
        '<iframe src="https://example.no"/>',
        "<object>a</object>",
        "<embed/>",
        '<link rel="stylesheet" href="a.css"/>',
        '<base href="https://example.no/"/>',
        "<style>p {}</style>",
        "<head/><body>a</body>",
        "<button>a</button>",
        "<video>a</video>",
        '<svg xmlns="http://www.w3.org/2000/svg"><a>b</a></svg>',
        '<p xmlns="http://www.w3.org/2000/svg">a</p>',
        '<p xmlns:x="urn:x">a</p>',
        "<font>a</font>",
        '<p contenteditable="true">a</p>',
        '<p style="width: expression(a())">a</p>',
        '<p style="background: url(https://example.no/follow)">a</p>',
        '<p style="background: url(&quot;javascript:a()&quot;)">a</p>',
        '<p style="background: u\\72l(https://example.no)">a</p>',
        '<p style="-moz-binding: a">a</p>',
        "<?php a ?>a",
        "<p>a",
        "<p>a</b>",
        "<p>&unknown;</p>",
        "",
        "   ",
        "<p> &nbsp;</p>",
    ],
)
def test_what_acts_reaches_out_or_says_nothing_is_not(inside: str) -> None:
    assert not is_safe(f"{OPEN}{inside}</div>")


@pytest.mark.parametrize(
    ("inside", "found"),
    [
        ("<p>a</p>", Standing.TEXT),
        ("<script>alert(1)</script>", Standing.ACTS),
        ("<script><![CDATA[if (a < b) alert('c')]]></script>", Standing.ACTS),
        ('<p onclick="a()">a</p><p>b</p>', Standing.ACTS),
        ('<a href="javascript:a()">a</a>', Standing.ACTS),
        ('a<iframe src="https://example.no"/>', Standing.ACTS),
        ('<p style="background: url(https://example.no/follow)">a</p>', Standing.ACTS),
        ('<svg xmlns="http://www.w3.org/2000/svg" onload="a()"><a>b</a></svg>', Standing.ACTS),
        ("<?php a ?>a", Standing.ACTS),
        ("<script>if (a < b) alert(1)</script>", Standing.BROKEN),
        ('<script src="a.js"/>', Standing.BROKEN),
        ("<script>&a;</script>", Standing.BROKEN),
    ],
)
def test_what_acts_is_told_from_what_is_no_narrative(inside: str, found: Standing) -> None:
    assert standing(f"{OPEN}{inside}</div>") is found


@pytest.mark.parametrize(
    "div",
    [
        "a",
        "",
        "<p>a</p>",
        "<div>a</div>",
        f"{OPEN}a</div>b",
        f"{OPEN}a</div>{OPEN}b</div>",
        f'<!DOCTYPE div [<!ENTITY a "b">]>{OPEN}&a;</div>',
        f'<!DOCTYPE div [<!ENTITY a SYSTEM "file:///etc/passwd">]>{OPEN}&a;</div>',
        f'<!DOCTYPE html SYSTEM "https://example.no/a.dtd">{OPEN}a</div>',
        f"{OPEN}\ud800</div>",
        f"{OPEN}\x00</div>",
    ],
)
def test_a_narrative_is_one_div_of_xhtml_without_a_document_type(div: str) -> None:
    assert standing(div) is Standing.BROKEN


def _holds(invariant: str, element: dict[str, Any]) -> bool:
    return compile_path(corrected(invariant)).test(element, Scope(resource=element, root=element))


PERIOD = "start.hasValue().not() or end.hasValue().not() or (start <= end)"
REFERENCE = "reference.startsWith('#').not() or (reference.substring(1).trace('url') in %rootResource.contained.id.trace('ids'))"


@pytest.mark.parametrize(
    ("invariant", "element", "holds"),
    [
        (PERIOD, {"start": "2026-03", "end": "2026-03-10"}, True),
        (PERIOD, {"start": "2026-03-09", "end": "2026-03-09T09:30:00+01:00"}, True),
        (PERIOD, {"start": "2026-03-11", "end": "2026-03-10"}, False),
        (PERIOD, {"start": "2026-04", "end": "2026-03-10"}, False),
        (PERIOD, {"start": "2026-04"}, True),
        (REFERENCE, {"display": "Jordmor"}, True),
        (REFERENCE, {"reference": "Patient/1"}, True),
        (REFERENCE, {"reference": "#"}, True),
        (REFERENCE, {"reference": "#a"}, False),
        (REFERENCE, {"reference": "#a", "contained": [{"id": "b"}, {"id": "a"}]}, True),
        (
            "operator = 'exists' implies (answer is Boolean)",
            {"operator": "exists", "answerBoolean": False},
            True,
        ),
        (
            "operator = 'exists' implies (answer is Boolean)",
            {"operator": "exists", "answerString": "a"},
            False,
        ),
        ("enableWhen.count() > 2 implies enableBehavior.exists()", {"enableWhen": [{}, {}]}, False),
        ("name.matches('[A-Z]([A-Za-z0-9_]){0,254}')", {}, True),
        ("name.matches('[A-Z]([A-Za-z0-9_]){0,254}')", {"name": "small"}, False),
        (
            "lastModified.exists().not() or authoredOn.exists().not() or lastModified >= authoredOn",
            {"lastModified": "2026-03-09T09:00:00Z", "authoredOn": "2026-03-09"},
            True,
        ),
        ("name.exists()", {}, False),
    ],
)
def test_invariants_say_what_they_mean(invariant: str, element: dict[str, Any], *, holds: bool) -> None:
    assert _holds(invariant, element) is holds
