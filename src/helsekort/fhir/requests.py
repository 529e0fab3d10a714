"""What a caller asks to have written: single interactions and the entries of a batch or transaction, read and checked.

https://hl7.org/fhir/R4/http.html and https://hl7.org/fhir/R4/bundle.html. Everything here is told by the request alone.
"""

from __future__ import annotations

import re
from base64 import b64decode
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import parse_qsl

from helsekort.basics import strict_json
from helsekort.basics.refusal import Issue, Kind, Refused
from helsekort.fhir.offering import Interaction
from helsekort.fhir.patch import read_patch, seen_version
from helsekort.fhir.shapes import Json, Resource

MOST_ENTRIES = 500
PATCH_TYPE = "application/json-patch+json"

_ETAG = re.compile(r'(?:W/)?"([A-Za-z0-9.-]{1,64})"|([A-Za-z0-9.-]{1,64})')
_KIND = re.compile(r"[A-Z][A-Za-z]{1,63}")
_ID = re.compile(r"[A-Za-z0-9.-]{1,64}")
_SENT_ONCE = "Send the resource as it is to be stored."


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
class Write:
    """One resource to be created, updated, patched or deleted.

    `id` is empty for a create; `if_match` is the version the caller has seen, `if_none_exist` a search that must find nothing;
    `full_url` is what the other entries call it, `where` the entry it stands in (`Bundle.entry[3]`), both empty where it
    came alone.
    """

    interaction: Interaction
    kind: str
    id: str = ""
    resource: Resource | None = None
    patch: Sequence[Json] = ()
    if_match: str = ""
    if_none_exist: str = ""
    full_url: str = ""
    where: str = ""

    @property
    def place(self) -> str:
        """Where its resource stands: `Observation`, or `Bundle.entry[3].resource`."""
        return f"{self.where}.resource" if self.where else self.kind

    def asked(self, what: str) -> str:
        """Where it says something about itself: `Bundle.entry[3].request.ifMatch`, or the header's name."""
        return f"{self.where}.request.{what}" if self.where else _HEADERS[what]


_HEADERS = {"ifMatch": "If-Match", "ifNoneExist": "If-None-Exist", "url": "URL", "method": "method"}


@dataclass(frozen=True, slots=True)
class Read:
    """A GET or HEAD in a bundle: its address below the base."""

    method: str
    url: str
    where: str


Offers = Callable[[str, str], bool]
"""Whether a kind of resource offers an interaction, by its code in the CapabilityStatement."""


@dataclass(frozen=True, slots=True)
class Requests:
    """A batch or transaction: its entries in order. In a batch, one that cannot be read is answered by itself."""

    transaction: bool
    entries: tuple[Write | Read | Refused, ...]


def version_in(if_match: str, where: str = "If-Match") -> str:
    """The version an If-Match names: `3` of `W/"3"`; empty where none was sent.

    Raises INVALID_HEADER for anything else, `*` among them: that something exists is not what the caller has seen of it.
    """
    if not if_match:
        return ""
    found = _ETAG.fullmatch(if_match.strip())
    if found is None:
        issue = Issue("This is not the version of a resource.", where, 'Send W/"1" as the ETag was.')
        raise Refused(Kind.INVALID_HEADER, [issue])
    return found[1] or found[2]


def checked(write: Write) -> Write:
    """The write, where its body and its address say the same; raises CONTRADICTION or INVALID with every issue.

    An update or patch has to say which version the caller has seen: by If-Match, else by `meta.versionId` of the resource
    as it was read (versioned-update), else by a `test` in the patch. Raises PRECONDITION_FAILED where it does not.
    """
    if write.interaction in {Interaction.CREATE, Interaction.UPDATE}:
        _check_resource(write)
    if write.if_none_exist:
        _check_criteria(write)
    if write.interaction in {Interaction.UPDATE, Interaction.PATCH} and not seen_by(write):
        hint = "Read it, and send the version you have seen as If-Match."
        raise Refused(Kind.PRECONDITION_FAILED, [Issue("No version is named.", write.asked("ifMatch"), hint)])
    return write


def seen_by(write: Write) -> str:
    """The version the caller says it has seen; empty where it says none."""
    if write.if_match or write.interaction is Interaction.CREATE:
        return write.if_match
    if write.interaction is Interaction.PATCH:
        return seen_version(write.patch)
    meta = (write.resource or {}).get("meta")
    version = meta.get("versionId") if isinstance(meta, dict) else None
    return version if isinstance(version, str) else ""


def read_bundle(bundle: object, offers: Offers, *, most: int = MOST_ENTRIES) -> Requests:
    """The requests of a batch or transaction; raises every issue of a transaction at once."""
    entries, transaction = _entries(bundle, most)
    read = tuple(_read(entry, f"Bundle.entry[{n}]", offers) for n, entry in enumerate(entries))
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


def _unknown(where: str) -> Issue:
    return Issue("There is no such element here.", where, "Leave it out.")


def _read(entry: object, where: str, offers: Offers) -> Write | Read | Refused:
    """One entry, or why it cannot be read."""
    try:
        request = _request_of(entry, where)
        assert isinstance(entry, dict)
        method, url = request["method"], request["url"]
        if method in _READS:
            return Read(method, url, where)
        return checked(_write(entry, request, _METHODS[method], where, offers))
    except Refused as refused:
        return refused


def _request_of(entry: object, where: str) -> Json:
    if not isinstance(entry, dict) or not isinstance(entry.get("request"), dict):
        raise Refused(Kind.INVALID, [Issue("The entry has no request.", f"{where}.request")])
    request: Json = entry["request"]
    if issues := [*_entry_faults(entry, where), *_request_faults(request, f"{where}.request")]:
        raise Refused(Kind.INVALID, issues)
    return request


def _entry_faults(entry: Json, where: str) -> Iterator[Issue]:
    for name in sorted(set(entry) - _ENTRY):
        yield _unknown(strict_json.child(where, name))
    if not isinstance(entry.get("fullUrl", ""), str):
        yield Issue("This is not text.", f"{where}.fullUrl")


def _request_faults(request: Json, where: str) -> Iterator[Issue]:
    for name in sorted(set(request) - _REQUEST):
        yield _unknown(strict_json.child(where, name))
    method = request.get("method")
    if not isinstance(method, str) or method not in _CONDITIONS:
        yield Issue(
            "The method is not one of HTTP's.", f"{where}.method", f"One of {', '.join(_CONDITIONS)}."
        )
        return
    if not request.get("url"):
        yield Issue("The address is missing.", f"{where}.url")
    for name in sorted(_CONDITION_NAMES & set(request) - _CONDITIONS[method]):
        yield Issue(f"This is not for {method}.", f"{where}.{name}", "Leave it out.")
    for name in sorted(_TEXTS & set(request)):
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
        resource=resource if interaction in {Interaction.CREATE, Interaction.UPDATE} else None,
        patch=_patch_in(resource, where) if interaction is Interaction.PATCH else (),
        if_match=version_in(request.get("ifMatch", ""), f"{where}.request.ifMatch"),
        if_none_exist=request.get("ifNoneExist", ""),
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


def _check_resource(write: Write) -> None:
    resource = write.resource
    if not isinstance(resource, dict):
        raise Refused(Kind.INVALID, [Issue("There is no resource.", write.place, _SENT_ONCE)])
    if resource.get("resourceType") != write.kind:
        issue = Issue("The resource is of another type than the address.", f"{write.place}.resourceType")
        raise Refused(Kind.CONTRADICTION, [issue])
    if write.interaction is Interaction.UPDATE and resource.get("id") != write.id:
        issue = Issue(
            "The id is not the one in the address.", f"{write.place}.id", "Send the one in the address."
        )
        raise Refused(Kind.CONTRADICTION, [issue])


def _check_criteria(write: Write) -> None:
    """A search that filters nothing would find anything."""
    names = [name for name, value in parse_qsl(write.if_none_exist, keep_blank_values=True) if value]
    if not any(name == "_id" or not name.startswith("_") for name in names):
        issue = Issue("This search filters nothing.", write.asked("ifNoneExist"), "Name what must not exist.")
        raise Refused(Kind.INVALID, [issue])
