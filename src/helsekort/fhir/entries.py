"""The entries of a batch or transaction as requests: https://hl7.org/fhir/R4/bundle.html and http.html#transaction."""

from __future__ import annotations

import re
from base64 import b64decode
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from helsekort.basics import strict_json
from helsekort.basics.refusal import Issue, Kind, Refused
from helsekort.fhir.offering import Interaction
from helsekort.fhir.patch import read_patch
from helsekort.fhir.requests import (
    WITH_RESOURCE,
    Check,
    Write,
    checked,
    criteria_in,
    nothing_more,
    version_in,
)
from helsekort.fhir.shapes import Json

MOST_ENTRIES = 500
PATCH_TYPE = "application/json-patch+json"

_KIND = re.compile(r"[A-Z][A-Za-z]{1,63}")
_ID = re.compile(r"[A-Za-z0-9.-]{1,64}")

_METHODS = {
    "POST": Interaction.CREATE,
    "PUT": Interaction.UPDATE,
    "PATCH": Interaction.PATCH,
    "DELETE": Interaction.DELETE,
}
_READS = frozenset({"GET", "HEAD"})
_CONDITIONS = {
    "POST": {"ifNoneExist"},
    "PUT": {"ifMatch"},
    "PATCH": {"ifMatch"},
    "DELETE": {"ifMatch"},
    "GET": {"ifNoneMatch", "ifModifiedSince"},
    "HEAD": {"ifNoneMatch", "ifModifiedSince"},
}
"""What a request in a bundle may make itself depend on, for each method (https://hl7.org/fhir/R4/http.html#ops)."""


@dataclass(frozen=True, slots=True)
class Read:
    """A GET or HEAD in a bundle: its address below the base, and the conditions it makes as headers of a request."""

    method: str
    url: str
    where: str
    conditions: tuple[tuple[bytes, bytes], ...] = ()


Offers = Callable[[str, str], bool]
"""Whether a kind of resource offers an interaction, by its code in the CapabilityStatement."""


@dataclass(frozen=True, slots=True)
class Requests:
    """A batch or transaction: its entries in order. In a batch, one that cannot be read is answered by itself."""

    transaction: bool
    entries: tuple[Write | Read | Refused, ...]


def read_bundle(
    bundle: object, offers: Offers, check: Check = nothing_more, *, most: int = MOST_ENTRIES
) -> Requests:
    """The requests of a batch or transaction, each write checked; raises every issue of a transaction at once."""
    entries, transaction = _entries(bundle, most)
    read = tuple(_read(entry, f"Bundle.entry[{n}]", offers, check) for n, entry in enumerate(entries))
    wrong = [one for one in read if isinstance(one, Refused)]
    if transaction and wrong:
        raise Refused(wrong[0].kind, [issue for one in wrong for issue in one.issues])
    return Requests(transaction, read)


def _entries(bundle: object, most: int) -> tuple[list[object], bool]:
    if not isinstance(bundle, dict) or bundle.get("resourceType") != "Bundle":
        raise Refused(
            Kind.INVALID, [Issue("A Bundle is sent here.", "Bundle", "Its type is batch or transaction.")]
        )
    if bundle.get("type") not in ("batch", "transaction"):
        raise Refused(Kind.INVALID, [Issue("The type is neither batch nor transaction.", "Bundle.type")])
    entries = bundle.get("entry", [])
    if not isinstance(entries, list):
        raise Refused(Kind.INVALID, [Issue("The entries are not an array.", "Bundle.entry")])
    if len(entries) > most:
        hint = f"Send at most {most} entries at a time."
        raise Refused(Kind.TOO_LARGE, [Issue("The bundle has too many entries.", "Bundle.entry", hint)])
    if unknown := sorted(set(bundle) - _BUNDLE):
        issues = [_unknown(strict_json.child("Bundle", name)) for name in unknown]
        raise Refused(Kind.INVALID, issues)
    return entries, bundle["type"] == "transaction"


_BUNDLE = frozenset(
    {
        "resourceType",
        "id",
        "meta",
        "implicitRules",
        "language",
        "identifier",
        "type",
        "timestamp",
        "entry",
        "link",
        "signature",
    }
)
_ENTRY = frozenset({"id", "extension", "link", "fullUrl", "resource", "request"})
_CONDITION_NAMES = frozenset({"ifNoneMatch", "ifModifiedSince", "ifMatch", "ifNoneExist"})
_TEXTS = _CONDITION_NAMES | {"url"}
_REQUEST = _TEXTS | {"id", "extension", "method"}
_PLAIN_REQUEST = frozenset({"method", "url"})


def _unknown(where: str) -> Issue:
    return Issue("There is no such element here.", where, "Leave it out.")


def _read(entry: object, where: str, offers: Offers, check: Check) -> Write | Read | Refused:
    """One entry, or why it cannot be read."""
    try:
        request = _request_of(entry, where)
        assert isinstance(entry, dict)
        method, url = request["method"], request["url"]
        if method in _READS:
            return Read(method, url, where, tuple(_conditions(request)))
        return checked(_write(entry, request, _METHODS[method], where, offers), check)
    except Refused as refused:
        return refused


def _conditions(request: Json) -> Iterator[tuple[bytes, bytes]]:
    for name, header in (("ifNoneMatch", b"if-none-match"), ("ifModifiedSince", b"if-modified-since")):
        if name in request:
            yield header, request[name].encode()


def _request_of(entry: object, where: str) -> Json:
    if not isinstance(entry, dict) or not isinstance(entry.get("request"), dict):
        raise Refused(Kind.INVALID, [Issue("The entry has no request.", f"{where}.request")])
    request: Json = entry["request"]
    if not _is_plain(entry, request) and (issues := list(_faults(entry, request, where))):
        raise Refused(Kind.INVALID, issues)
    return request


def _is_plain(entry: Json, request: Json) -> bool:
    """True for what most entries are: a method and an address alone, which nothing can be wrong with."""
    if request.keys() != _PLAIN_REQUEST or type(entry.get("fullUrl", "")) is not str:
        return False
    method, url = request["method"], request["url"]
    return (
        type(method) is str
        and method in _CONDITIONS
        and type(url) is str
        and url != ""
        and entry.keys() <= _ENTRY
    )


def _faults(entry: Json, request: Json, where: str) -> Iterator[Issue]:
    yield from _entry_faults(entry, where)
    yield from _request_faults(request, f"{where}.request")


def _entry_faults(entry: Json, where: str) -> Iterator[Issue]:
    for name in sorted(entry.keys() - _ENTRY):
        yield _unknown(strict_json.child(where, name))
    if not isinstance(entry.get("fullUrl", ""), str):
        yield Issue("This is not text.", f"{where}.fullUrl")


def _request_faults(request: Json, where: str) -> Iterator[Issue]:
    for name in sorted(request.keys() - _REQUEST):
        yield _unknown(strict_json.child(where, name))
    method = request.get("method")
    if not isinstance(method, str) or method not in _CONDITIONS:
        yield Issue(
            "The method is not one of HTTP's.", f"{where}.method", f"One of {', '.join(_CONDITIONS)}."
        )
        return
    if not request.get("url"):
        yield Issue("The address is missing.", f"{where}.url")
    for name in sorted((_CONDITION_NAMES & request.keys()) - _CONDITIONS[method]):
        yield Issue(f"This is not for {method}.", f"{where}.{name}", "Leave it out.")
    for name in sorted(_TEXTS & request.keys()):
        if not isinstance(request[name], str):
            yield Issue("This is not text.", f"{where}.{name}")


def _write(entry: Json, request: Json, interaction: Interaction, where: str, offers: Offers) -> Write:
    kind, id_ = _address(request["url"], interaction, where)
    if not offers(kind, interaction.value):
        issue = Issue(f"{kind} does not offer {interaction.value}.", f"{where}.request.url", "See metadata.")
        raise Refused(Kind.INVALID, [issue])
    resource = entry.get("resource")
    return Write(
        interaction,
        kind,
        id_,
        resource=resource if interaction in WITH_RESOURCE else None,
        patch=_patch_in(resource, where) if interaction is Interaction.PATCH else (),
        if_match=version_in(request.get("ifMatch", ""), f"{where}.request.ifMatch"),
        if_none_exist=criteria_in(request.get("ifNoneExist", ""), kind),
        full_url=entry.get("fullUrl", ""),
        where=where,
    )


def _address(url: str, interaction: Interaction, where: str) -> tuple[str, str]:
    """Kind and id of `Observation/12`, or kind alone for a create."""
    kind, slash, id_ = url.partition("/")
    named = bool(_ID.fullmatch(id_)) if interaction is not Interaction.CREATE else not slash
    if not _KIND.fullmatch(kind) or not named:
        hint = "Write it below the base: Type for POST, else Type/id."
        raise Refused(
            Kind.INVALID, [Issue("The address cannot be written to.", f"{where}.request.url", hint)]
        )
    return kind, id_


def _patch_in(resource: object, where: str) -> list[Json]:
    """The JSON Patch that a Binary carries (https://hl7.org/fhir/R4/http.html#patch, in a bundle)."""
    place = f"{where}.resource"
    if not isinstance(resource, dict) or resource.get("resourceType") != "Binary":
        raise Refused(Kind.INVALID, [Issue("A patch in a bundle is a Binary.", place)])
    if resource.get("contentType") != PATCH_TYPE:
        raise Refused(
            Kind.UNSUPPORTED_MEDIA_TYPE, [Issue(f"A patch is {PATCH_TYPE}.", f"{place}.contentType")]
        )
    try:
        document = b64decode(str(resource.get("data", "")), validate=True)
    except ValueError:
        raise Refused(Kind.INVALID, [Issue("The data is not base64.", f"{place}.data")]) from None
    try:
        return read_patch(strict_json.parse(document))
    except Refused as refused:
        inside = [Issue(one.what, f"{place}.data: {one.where}", one.hint) for one in refused.issues]
        raise Refused(refused.kind, inside) from None
