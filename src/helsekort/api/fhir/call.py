"""One request on its way: what was asked, who asks it about whom, and the door through which it is answered."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any
from uuid import UUID

from msgspec import structs

from helsekort.access.act import Act
from helsekort.access.caller import Caller
from helsekort.api.fhir.media import FORM, answer_type
from helsekort.api.fhir.work import NOBODY, Named, Open, Route
from helsekort.api.http.answer import Answer, Header
from helsekort.api.http.parameters import MOST_PARAMETERS, moment_of, pairs_in
from helsekort.api.http.request import Request
from helsekort.basics import strict_json
from helsekort.basics.clock import Clock
from helsekort.basics.ids import NewId
from helsekort.basics.once import once
from helsekort.basics.refusal import Issue, Kind, Refused
from helsekort.fhir.capability import Endpoints
from helsekort.fhir.definitions import Definitions
from helsekort.fhir.labels import redacted
from helsekort.fhir.offering import Offering
from helsekort.fhir.search.asked import name_of
from helsekort.fhir.search.parameter import Offered as SearchesOffered
from helsekort.fhir.validation import Validator
from helsekort.ledger.view import Further, View, Wants
from helsekort.records.door import Door, FindPerson

MOST_MEMBERS = 100_000
"""Members and items of a body: a bundle of as many entries as are taken has fewer."""
SOMETHING_HIDDEN: Header = (b"helsekort-something-hidden", b"true")
"""Tells a clinician that she has blocked something, never what, nor whether anything is there."""

FindEndpoints = Callable[[], Awaitable[Endpoints | None]]
"""Where clients get their tokens; None where the provider does not say at the moment."""


@dataclass(frozen=True, eq=False)
class Api:
    """What stands behind every request; `bases` are addresses of the API, `zone` is where a date without a zone is a day."""

    door: Door
    clock: Clock
    new_id: NewId
    bases: tuple[str, ...]
    zone: tzinfo
    allow_synthetic: bool
    offering: Offering
    definitions: Definitions
    searchable: SearchesOffered
    may_send: Callable[[str, str], bool]
    find_person: FindPerson
    endpoints: FindEndpoints
    scope: str
    version: str

    def codes_in(self, url: str) -> frozenset[tuple[str, str]] | None:
        """The system and code of everything in a value set, by its canonical URL; None where it is not known here."""
        lists = self.definitions.value_set(url)
        return None if lists is None else frozenset((one.system, code) for one in lists for code in one.codes)

    @once
    def validator(self) -> Validator:
        """Validates by the definitions; each type and profile is made ready when it is first met."""
        return Validator(self.definitions)


class Call:
    """One request. `ids` are those of the path; `act` is known once the caller is; `passed` once the door has been asked.

    `misnamed` is what is wrong with whom it names beside the header.
    """

    def __init__(self, api: Api, route: Route | Open, ids: list[str | None], request: Request) -> None:
        self.api = api
        self.route = route
        self.request = request
        self.ids: tuple[str, ...] = tuple(id_ or "" for id_ in ids)
        self.named: Named = NOBODY
        self.body = b""
        self.passed = False
        self.misnamed: Refused | None = None
        self._act: Act | None = None
        self._caller: Caller | None = None

    @property
    def act(self) -> Act:
        """What is done, for the door and for the audit row."""
        assert self._act is not None  # the frame sets it before a handler is called
        return self._act

    @act.setter
    def act(self, act: Act) -> None:
        self._act = act

    @property
    def about_somebody(self) -> bool:
        """Whether the request is about a woman; only the validation of a resource by itself may be about none."""
        return self._act is not None

    @property
    def caller(self) -> Caller:
        """Who calls."""
        assert self._caller is not None  # the frame sets it before a handler is called
        return self._caller

    @caller.setter
    def caller(self, caller: Caller) -> None:
        self._caller = caller

    @once
    def base(self) -> str:
        """The API's address as the caller knows it: one of those configured, never just what the Host header says."""
        host = self.request.header(b"host")
        bases = self.api.bases
        return next((base for base in bases if base.partition("//")[2].partition("/")[0] == host), bases[0])

    @once
    def query(self) -> list[tuple[str, str]]:
        """The parameters of the address; raises INVALID_PARAMETER."""
        return _pairs(self.request.query) if self.request.query else []

    @once
    def parameters(self) -> list[tuple[str, str]]:
        """The parameters of the address, and those in the body once it is read; raises INVALID_PARAMETER."""
        if not self.body:
            return self.query
        if FORM in self.route.takes:
            return self.query + _pairs(self.body)
        return self.query + parameters_in(self.document) if self.route.in_parameters else self.query

    @once
    def document(self) -> Any:  # noqa: ANN401 - JSON is any of six types
        """The JSON of the body; raises MALFORMED with everything that is doubtful in it."""
        return strict_json.parse(self.body, entries=MOST_MEMBERS)

    @once
    def content_type(self) -> Header:
        """The content type of the answer; raises NOT_ACCEPTABLE."""
        formats = [value for name, value in self.query if name == "_format"]
        return answer_type(self.request.header(b"accept"), formats[0] if formats else None)

    @once
    def prefer(self) -> Mapping[str, str]:
        """The preferences stated (RFC 7240), such as `return` and `handling`."""
        stated = ",".join(value.decode("latin-1") for name, value in self.request.raw if name == b"prefer")
        pairs = (one.partition("=") for part in stated.split(",") for one in part.split(";"))
        return {name.strip().lower(): value.strip().strip('"') for name, _, value in pairs if name.strip()}

    @once
    def at(self) -> datetime | None:
        """The moment that `at` asks to see the record at; raises INVALID_PARAMETER."""
        given = [value for name, value in self.parameters if name == "at"]
        return moment_in("at", given) if given else None

    def but(self, *names: str) -> list[tuple[str, str]]:
        """The parameters, without those of these names and those that are of every address."""
        return [pair for pair in self.parameters if pair[0] not in names and pair[0] not in _EVERYWHERE]

    def check_parameters(self, *known: str) -> None:
        """Refuses parameters that are not known here; a result parameter (`_x`) may be ignored, a filter never."""
        if not self.parameters:
            return
        wrong = [name for name, _ in self.but(*known) if not name.startswith("_")]
        if wrong:
            what, hint = "The address does not take this parameter.", "Leave it out."
            raise Refused(Kind.INVALID_PARAMETER, [Issue(what, name_of(name), hint) for name in wrong])

    async def view(
        self,
        wants: Wants,
        *,
        parts: frozenset[str] | None = None,
        record: UUID | None = None,
        further: Further | None = None,
    ) -> View:
        """What the caller may see, read through the door: from here on the audit row is the door's."""
        self.passed = True
        return await self.api.door.read(self.act, wants, parts=parts, near=record, further=further)

    def marked(self, answer: Answer, view: View) -> Answer:
        """The answer, told not to be read as all there is where something is hidden: by a header, and a label on a Bundle."""
        if not view.something_hidden:
            return answer
        return structs.replace(answer, body=redacted(answer.body)).having(SOMETHING_HIDDEN)


_EVERYWHERE = frozenset({"_format", "_pretty"})


def _pairs(encoded: bytes) -> list[tuple[str, str]]:
    try:
        return pairs_in(encoded)
    except ValueError:  # UnicodeDecodeError is one
        issue = Issue(
            f"The parameters cannot be read: percent-encoded UTF-8, at most {MOST_PARAMETERS}.", "query"
        )
        raise Refused(Kind.INVALID_PARAMETER, [issue]) from None


def parameters_in(document: Any) -> list[tuple[str, str]]:  # noqa: ANN401 - JSON is any of six types
    """The parameters of an operation in a Parameters resource, as they would stand in an address; raises INVALID."""
    listed = document.get("parameter", []) if isinstance(document, dict) else None
    if not isinstance(listed, list) or document.get("resourceType") != "Parameters":
        raise Refused(Kind.INVALID, [Issue("The body is not a Parameters resource.", "Parameters")])
    found: list[tuple[str, str]] = []
    for n, one in enumerate(listed):
        values = [one[key] for key in one if key.startswith("value")] if isinstance(one, dict) else []
        text = _text_of(values[0]) if len(values) == 1 else None
        if text is None or not isinstance(one.get("name"), str):
            what = "This parameter has no name, or no single value that can stand in an address."
            raise Refused(Kind.INVALID, [Issue(what, f"Parameters.parameter[{n}]")])
        found.append((one["name"], text))
    return found


def _text_of(value: Any) -> str | None:  # noqa: ANN401 - value[x] is any data type
    if isinstance(value, dict):
        value = value.get("reference")
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, str | int) else None


def moment_in(name: str, given: list[str]) -> datetime:
    """The one moment that a parameter names; raises INVALID_PARAMETER."""
    moment = moment_of(given[0])
    if len(given) > 1 or moment is None:
        issue = Issue("This is not one moment with a time zone.", name, "Send one, as 2026-03-02T12:00:00Z.")
        raise Refused(Kind.INVALID_PARAMETER, [issue])
    return moment
