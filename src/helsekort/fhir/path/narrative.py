"""What the XHTML of a narrative may hold: text and its layout, nothing that acts (https://hl7.org/fhir/R4/narrative.html, txt-1).

HTML's text elements, tables, lists, images and links to read are in; scripts, forms, frames, objects, outside style sheets, event
attributes and addresses that run code are out. It also must say something (txt-2): text or an image. A narrative that breaks this
only by what acts is told from one that is no narrative at all: the first can be kept as data by who never shows it.
"""

from __future__ import annotations

import re
from enum import Enum
from html.entities import name2codepoint
from xml.parsers import expat

_LAYOUT = (
    "p br div h1 h2 h3 h4 h5 h6 a span b em i strong small big tt dfn q var abbr acronym cite blockquote hr address bdo kbd "
    "sub sup ul ol li dl dt dd pre table caption colgroup col thead tr tfoot tbody th td code samp img map area ins del"
)
ELEMENTS = frozenset(_LAYOUT.split())
_EVERYWHERE = "title style class id idref lang xml:lang xml:space dir accesskey tabindex name xmlns"
_CELLS = "align char charoff valign abbr axis headers scope rowspan colspan nowrap span width"
_ATTRIBUTES = {
    "a": "charset type href hreflang rel rev shape coords",
    "area": "shape coords href nohref alt",
    "blockquote": "cite",
    "q": "cite",
    "ins": "cite datetime",
    "del": "cite datetime",
    "img": "src alt longdesc height width usemap ismap border",
    "table": "summary width border frame rules cellspacing cellpadding",
    "pre": "space",
    **dict.fromkeys(("col", "colgroup", "thead", "tfoot", "tbody", "tr", "th", "td"), _CELLS),
}
ATTRIBUTES = {name: frozenset(f"{_EVERYWHERE} {_ATTRIBUTES.get(name, '')}".split()) for name in ELEMENTS}
_ADDRESSES = frozenset({"href", "src", "cite", "longdesc", "usemap"})
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:", re.IGNORECASE)
_SCHEMES = ("http:", "https:", "mailto:", "tel:", "urn:", "data:image/")
# A picture in the style itself is layout; one fetched from elsewhere tells somebody who reads.
_ACTIVE_STYLE = re.compile(
    r"expression\s*\(|javascript:|vbscript:|@import|url\s*\((?!\s*['\"]?\s*data:\s*image/)|-moz-binding|behavior\s*:",
    re.IGNORECASE,
)
_SPACE = re.compile(r"[\x00-\x20\x7f-\xa0]+")
XHTML = "http://www.w3.org/1999/xhtml"


class Standing(Enum):
    """What a narrative is: text and its layout, something that acts or loads as well, or no XHTML that says anything."""

    TEXT = "text"
    ACTS = "acts"
    BROKEN = "broken"


class _Forbidden(Exception):
    """This is no narrative."""


def is_safe(div: str) -> bool:
    """Whether a narrative is well-formed XHTML in one div, holds only what is allowed, and says something."""
    return standing(div) is Standing.TEXT


def standing(div: str) -> Standing:
    """What a narrative's div is; it is read, and nothing in it is followed or run."""
    reader = _Reader()
    try:
        reader.read(div)
    except (_Forbidden, expat.ExpatError):
        return Standing.BROKEN
    if not reader.says_something:
        return Standing.BROKEN
    return Standing.ACTS if reader.acts else Standing.TEXT


class _Reader:
    """Reads a narrative's XML; document types and entities of its own are refused before they can grow."""

    def __init__(self) -> None:
        self.says_something = False
        self.acts = False
        self._depth = 0

    def read(self, div: str) -> None:
        parser = expat.ParserCreate(encoding="utf-8")
        parser.UseForeignDTD(True)  # noqa: FBT003 - expat's own signature: makes HTML's named entities skipped, not errors
        parser.ExternalEntityRefHandler = lambda *_of: 1
        parser.StartDoctypeDeclHandler = self._refuse
        parser.ProcessingInstructionHandler = self._instruction
        parser.SkippedEntityHandler = self._entity
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._text
        parser.Parse(div.encode("utf-8", "surrogatepass"), True)  # noqa: FBT003 - expat's own signature

    def _refuse(self, *_what: object) -> None:
        raise _Forbidden

    def _entity(self, name: str, parameter: int) -> None:
        if parameter or name not in name2codepoint:
            raise _Forbidden
        self.says_something = self.says_something or name != "nbsp"

    def _instruction(self, *_what: object) -> None:
        self.acts = True

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        if self._depth == 0 and (name != "div" or attributes.get("xmlns") != XHTML):
            raise _Forbidden
        known = ATTRIBUTES.get(name)
        self.acts = (
            self.acts
            or known is None
            or not all(
                attribute in known and _is_harmless(attribute, value)
                for attribute, value in attributes.items()
            )
        )
        self._depth += 1
        self.says_something = self.says_something or name == "img"

    def _end(self, _name: str) -> None:
        self._depth -= 1

    def _text(self, text: str) -> None:
        self.says_something = self.says_something or not text.isspace()


def _is_harmless(attribute: str, value: str) -> bool:
    if attribute == "style":
        return _ACTIVE_STYLE.search(value) is None and "\\" not in value
    if attribute not in _ADDRESSES:
        return attribute != "xmlns" or value == XHTML
    address = _SPACE.sub("", value).lower()
    return _SCHEME.match(address) is None or address.startswith(_SCHEMES)
