"""Which form an answer takes and a body has (https://hl7.org/fhir/R4/http.html#mime-type): JSON, by either of its names."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache

from helsekort.api.http.answer import Header
from helsekort.basics.refusal import Issue, Kind, Refused

FHIR_JSON: Header = (b"content-type", b"application/fhir+json; charset=utf-8")
PLAIN_JSON: Header = (b"content-type", b"application/json; charset=utf-8")
PATCH, FORM = "application/json-patch+json", "application/x-www-form-urlencoded"
JSON_BODIES = frozenset({"application/fhir+json", "application/json"})

_OFFERED = (("application/fhir+json", FHIR_JSON), ("application/json", PLAIN_JSON), ("text/json", PLAIN_JSON))
_FORMATS = frozenset({"json", "text/json", "application/json", "application/fhir+json"})
_VERSION = "4.0"


def answer_type(accept: str, format_: str | None) -> Header:
    """The content type of the answer: by `_format` where it is given, else by Accept; raises NOT_ACCEPTABLE."""
    if format_ is not None:
        name, parameters = _media_type(format_.replace("fhir json", "fhir+json"))  # a + in a query is a space
        if name not in _FORMATS or not _our_version(parameters):
            raise _not_acceptable("_format")
        return FHIR_JSON
    found = _negotiated(accept)
    if found is None:
        raise _not_acceptable("Accept")
    return found


def check_body_type(content_type: str, taken: Iterable[str]) -> None:
    """Refuses a body that is not declared as one of the types that are taken, in UTF-8 and of this version of FHIR."""
    name, parameters = _media_type(content_type)
    in_utf8 = parameters.get("charset", "utf-8").lower().strip('"') == "utf-8"
    if name in taken and in_utf8 and _our_version(parameters):
        return
    hint = f"Send {' or '.join(sorted(taken))} in UTF-8."
    raise Refused(
        Kind.UNSUPPORTED_MEDIA_TYPE,
        [Issue("The body is not declared as what this address takes.", "Content-Type", hint)],
    )


@lru_cache(maxsize=256)  # a handful of texts make up nearly all requests
def _negotiated(accept: str) -> Header | None:
    """The best of what is offered (RFC 9110 section 12.5.1); None where nothing of it is accepted."""
    if not accept.strip():
        return FHIR_JSON
    ranges = list(_ranges(accept))
    weighed = [(_weight(name, ranges), header) for name, header in _OFFERED]
    best, header = max(weighed, key=lambda pair: pair[0])
    return header if best > 0 else None


def _ranges(accept: str) -> Iterator[tuple[str, float]]:
    """Each range with its weight; one of another version of FHIR is none of ours."""
    for one in accept.split(","):
        name, parameters = _media_type(one)
        if name and _our_version(parameters):
            yield name, _quality(parameters.get("q", "1"))


def _weight(name: str, ranges: list[tuple[str, float]]) -> float:
    """What the most specific range that covers a type gives it."""
    for pattern in (name, f"{name.partition('/')[0]}/*", "*/*"):
        found = [quality for each, quality in ranges if each == pattern]
        if found:
            return max(found)
    return 0.0


def _quality(text: str) -> float:
    try:
        quality = float(text)
    except ValueError:
        return 0.0
    return quality if 0 <= quality <= 1 else 0.0


def _media_type(text: str) -> tuple[str, dict[str, str]]:
    name, *rest = text.split(";")
    pairs = (one.partition("=") for one in rest)
    parameters = {key.strip().lower(): value.strip() for key, _, value in pairs}
    return name.strip().lower(), parameters


def _our_version(parameters: dict[str, str]) -> bool:
    return parameters.get("fhirversion", _VERSION).strip('"') in {_VERSION, f"{_VERSION}.1"}


def _not_acceptable(where: str) -> Refused:
    hint = "Ask for application/fhir+json, FHIR version 4.0; XML and Turtle are not offered."
    return Refused(Kind.NOT_ACCEPTABLE, [Issue("Only JSON of FHIR R4 is offered.", where, hint)])
