"""What a caller asks to have written, alone or as an entry of a bundle, as far as the request alone tells.

https://hl7.org/fhir/R4/http.html#create, #update, #patch and #delete.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from urllib.parse import parse_qsl

import msgspec

from helsekort.basics.refusal import Issue, Kind, Refused
from helsekort.fhir.offering import Interaction
from helsekort.fhir.patch import seen_version
from helsekort.fhir.shapes import Json, Resource

_ETAG = re.compile(r'(?:W/)?"([A-Za-z0-9.-]{1,64})"|([A-Za-z0-9.-]{1,64})')
_SENT_ONCE = "Send the resource as it is to be stored."


class Write(msgspec.Struct, frozen=True):
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


WITH_RESOURCE = (Interaction.CREATE, Interaction.UPDATE)
_OF_A_VERSION = (Interaction.UPDATE, Interaction.PATCH)
_HEADERS = {"ifMatch": "If-Match", "ifNoneExist": "If-None-Exist", "url": "URL", "method": "method"}


Check = Callable[[Resource, str], Iterable[Issue]]
"""Everything wrong with a resource by itself; given the place it stands in."""


def nothing_more(resource: Resource, where: str) -> Iterable[Issue]:
    """The check that finds nothing."""
    return ()


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


def criteria_in(if_none_exist: str, kind: str) -> str:
    """The search parameters alone, where the type stands before them.

    >>> criteria_in("Observation?code=x", "Observation"), criteria_in("code=x", "Observation")
    ('code=x', 'code=x')
    """
    return if_none_exist.removeprefix(kind).removeprefix("?")


def checked(write: Write, check: Check = nothing_more) -> Write:
    """The write, where its body and its address say the same; raises CONTRADICTION or INVALID with every issue.

    An update or patch has to say which version the caller has seen: by If-Match, else by `meta.versionId` of the resource
    as it was read (versioned-update), else by a `test` in the patch. Raises PRECONDITION_FAILED where it does not.
    """
    if write.interaction in WITH_RESOURCE:
        _check_resource(write)
        assert write.resource is not None
        if issues := list(check(write.resource, write.place)):
            raise Refused(Kind.INVALID, issues)
    if write.if_none_exist:
        _check_criteria(write)
    if write.interaction in _OF_A_VERSION and not seen_by(write):
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
