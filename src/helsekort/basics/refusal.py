"""The one family of refusals, and the one table of what each becomes at the edges.

Every edge (the JSON contract, FHIR, the pages) reads its status, code and text from `OUTCOMES`; nothing else decides them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum


class Kind(Enum):
    """Why a request is refused."""

    TECHNICAL = "technical"
    DATABASE = "database"
    SOURCE_DOWN = "source-down"
    DECEASED = "deceased"
    NO_CONSENT = "no-consent"
    CONFIDENTIAL_ADDRESS = "confidential-address"
    BLOCKED = "blocked"
    OPTED_OUT = "opted-out"
    INVALID_ROLE = "invalid-role"
    INVALID_USER = "invalid-user"
    NOT_FOUND = "not-found"
    VERSION_CONFLICT = "version-conflict"
    PRECONDITION_FAILED = "precondition-failed"
    CONTRADICTION = "contradiction"
    ALREADY_EXISTS = "already-exists"
    MALFORMED = "malformed"
    INVALID = "invalid"
    INVALID_HEADER = "invalid-header"
    INVALID_NIN = "invalid-nin"
    UNKNOWN_RECORD = "unknown-record"
    INACTIVE_RECORD = "inactive-record"
    INVALID_CODE = "invalid-code"
    DELETED = "deleted"
    UNAUTHENTICATED = "unauthenticated"
    FORBIDDEN = "forbidden"
    UNKNOWN_ORGANISATION = "unknown-organisation"
    TOO_LARGE = "too-large"
    UNSUPPORTED_MEDIA_TYPE = "unsupported-media-type"
    NOT_ACCEPTABLE = "not-acceptable"
    NO_SUCH_RESOURCE = "no-such-resource"
    INVALID_PARAMETER = "invalid-parameter"
    NO_SUCH_ROUTE = "no-such-route"
    METHOD_NOT_ALLOWED = "method-not-allowed"
    TOO_MANY = "too-many"
    SWITCHED_OFF = "switched-off"
    WRITING_OFF = "writing-off"
    PAGES_OFF = "pages-off"
    CONTRACT_OFF = "contract-off"
    CALLER_OFF = "caller-off"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a refusal becomes at each edge.

    `status` is the HTTP status, `contract_code` the JSON contract's error code, `issue_code` FHIR's `IssueType`,
    `sentence` what is wrong in general and `advice` what the caller can do about it.
    """

    status: int
    contract_code: str
    issue_code: str
    sentence: str
    advice: str


# DHG-xxxx follow the national contract's error page, which gives no HTTP statuses; those and AUTH-xxxx are ours (ADR 0008).
OUTCOMES: dict[Kind, Outcome] = {
    Kind.TECHNICAL: Outcome(
        500, "DHG-0001", "exception", "Something went wrong here.", "Try again later and report the event id."
    ),
    Kind.DATABASE: Outcome(
        503,
        "DHG-0006",
        "transient",
        "The database did not answer.",
        "Try again in a moment.",
    ),
    Kind.SOURCE_DOWN: Outcome(
        503,
        "DHG-0001",
        "transient",
        "A national register did not answer.",
        "Nothing was stored. Try again in a moment.",
    ),
    Kind.DECEASED: Outcome(
        403,
        "DHG-0002",
        "business-rule",
        "The person is registered as deceased.",
        "Nothing can be created or changed.",
    ),
    Kind.NO_CONSENT: Outcome(
        403,
        "DHG-0003",
        "forbidden",
        "There is no consent to a digital maternity record.",
        "She gives it herself when she logs in.",
    ),
    Kind.CONFIDENTIAL_ADDRESS: Outcome(
        403,
        "DHG-0004",
        "forbidden",
        "The person has a confidential address.",
        "Use the paper card and your own record.",
    ),
    Kind.BLOCKED: Outcome(
        403,
        "DHG-0010",
        "suppressed",
        "The woman has blocked access.",
        "A block of an organisation or of a part of the card gives way to her own consent (nhn-access-basis SAMTYKKE) or an "
        "emergency (AKUTT), with a reason; a block of a named professional never does.",
    ),
    Kind.OPTED_OUT: Outcome(
        403,
        "DHG-0003",
        "forbidden",
        "There is no consent to a digital maternity record.",
        "She gives it herself when she logs in.",
    ),
    Kind.INVALID_ROLE: Outcome(
        403,
        "DHG-0005",
        "forbidden",
        "The role does not fit the person or the operation.",
        "Send the role the person is authorised for.",
    ),
    Kind.INVALID_USER: Outcome(
        403, "DHG-0010", "forbidden", "This user may not do this.", "Log in as a user who may."
    ),
    Kind.NOT_FOUND: Outcome(
        404, "DHG-0007", "not-found", "There is nothing to update.", "Create it first with POST."
    ),
    Kind.VERSION_CONFLICT: Outcome(
        409,
        "DHG-0008",
        "conflict",
        "Somebody else changed this first, or the last version is reached.",
        "Read it again, then send your change.",
    ),
    # Both are FHIR's alone: https://hl7.org/fhir/R4/http.html#concurrency and #update.
    Kind.PRECONDITION_FAILED: Outcome(
        412,
        "DHG-0008",
        "conflict",
        "It is not as the request expects it to be.",
        "Read it again, then send your change with the version you have seen.",
    ),
    Kind.CONTRADICTION: Outcome(
        400,
        "DHG-0012",
        "invalid",
        "The request contradicts itself.",
        "Make its parts say the same.",
    ),
    Kind.ALREADY_EXISTS: Outcome(409, "DHG-0009", "duplicate", "It exists already.", "Use update."),
    Kind.MALFORMED: Outcome(
        400, "DHG-0011", "structure", "The body cannot be read.", "Send one well-formed JSON object."
    ),
    Kind.INVALID: Outcome(
        422, "DHG-0012", "value", "The body has values that cannot be accepted.", "Correct the values named."
    ),
    Kind.INVALID_HEADER: Outcome(
        400, "DHG-0012", "value", "A request header is missing or wrong.", "Correct the header named."
    ),
    Kind.INVALID_NIN: Outcome(
        400,
        "DHG-0013",
        "value",
        "The national identity number is not valid.",
        "Send 11 digits in the nhn-patient-nin header.",
    ),
    Kind.UNKNOWN_RECORD: Outcome(
        404,
        "DHG-0015",
        "not-found",
        "This woman has no maternity record with that id.",
        "Ask /status for the latest record id.",
    ),
    Kind.INACTIVE_RECORD: Outcome(
        409,
        "DHG-0015",
        "business-rule",
        "The maternity record is ended, or the woman has none that is active.",
        "Read what is there, or create a new one: an EpisodeOfCare, or POST /record in the JSON contract.",
    ),
    Kind.INVALID_CODE: Outcome(
        422,
        "DHG-0016",
        "code-invalid",
        "A code or code system is not known for this field.",
        "See the field reference for its codes.",
    ),
    Kind.DELETED: Outcome(
        410, "DHG-0017", "deleted", "It is marked as entered in error.", "Register a new one."
    ),
    Kind.UNAUTHENTICATED: Outcome(
        401,
        "AUTH-0001",
        "login",
        "The access token or its proof was not accepted.",
        "Get a new token and sign a new proof.",
    ),
    Kind.FORBIDDEN: Outcome(
        403,
        "AUTH-0002",
        "forbidden",
        "The token does not allow this.",
        "Ask for the scope, level or claims named.",
    ),
    Kind.UNKNOWN_ORGANISATION: Outcome(
        403,
        "AUTH-0003",
        "forbidden",
        "The organisation was not found, or is not part of the parent named.",
        "Correct the client's organisations.",
    ),
    Kind.TOO_LARGE: Outcome(413, "DHG-0011", "too-long", "The body is too large.", "Send less."),
    Kind.UNSUPPORTED_MEDIA_TYPE: Outcome(
        415, "DHG-0011", "not-supported", "The content type is not supported.", "Send application/json."
    ),
    # The three are FHIR's alone: https://hl7.org/fhir/R4/http.html#mime-type and #read, and search.html#errors.
    Kind.INVALID_PARAMETER: Outcome(
        400,
        "DHG-0012",
        "invalid",
        "A parameter in the address cannot be used.",
        "The CapabilityStatement (/metadata) tells which there are.",
    ),
    Kind.NOT_ACCEPTABLE: Outcome(
        406,
        "DHG-0012",
        "not-supported",
        "The answer cannot be given in the form asked for.",
        "Ask for application/fhir+json.",
    ),
    Kind.NO_SUCH_RESOURCE: Outcome(
        404, "DHG-0007", "not-found", "There is no such resource here.", "Search for it in her record."
    ),
    Kind.NO_SUCH_ROUTE: Outcome(
        404,
        "DHG-0007",
        "not-found",
        "There is no such address here.",
        "See the OpenAPI description, or /metadata in FHIR.",
    ),
    Kind.METHOD_NOT_ALLOWED: Outcome(
        405, "DHG-0012", "not-supported", "This address does not take that method.", "See the Allow header."
    ),
    Kind.TOO_MANY: Outcome(429, "", "throttled", "Too many requests.", "Wait as long as Retry-After says."),
    # OFF-xxxx are ours: the switch (ADR 0010).
    Kind.SWITCHED_OFF: Outcome(
        503,
        "OFF-0001",
        "transient",
        "The service is switched off.",
        "Use the paper card; ask again when Retry-After is over.",
    ),
    Kind.WRITING_OFF: Outcome(
        503,
        "OFF-0002",
        "transient",
        "Writing is switched off.",
        "Nothing was stored. Keep the change and send it again later; reading works.",
    ),
    Kind.PAGES_OFF: Outcome(
        503,
        "OFF-0003",
        "transient",
        "The women's own pages are switched off.",
        "She can still withdraw her consent and read her log.",
    ),
    Kind.CONTRACT_OFF: Outcome(
        503,
        "OFF-0004",
        "transient",
        "This version of the API is switched off.",
        "Use another version, or ask again when Retry-After is over.",
    ),
    Kind.CALLER_OFF: Outcome(
        503,
        "OFF-0005",
        "transient",
        "This client, organisation or supplier is switched off.",
        "Contact whoever operates the service; asking again at once does not help.",
    ),
}


@dataclass(frozen=True, slots=True)
class Issue:
    """One thing that is wrong: what, where (a JSON path or header name) and what to do.

    Never holds a value that was sent, so that it can be logged.
    """

    what: str
    where: str = ""
    hint: str = ""

    def __str__(self) -> str:
        place = f"{self.where}: " if self.where else ""
        return f"{place}{self.what}" + (f" {self.hint}" if self.hint else "")


class Refused(Exception):
    """The request is refused: one kind, and every issue found; `retry_after` in seconds where asking again may help."""

    def __init__(self, kind: Kind, issues: Iterable[Issue] | str = (), *, retry_after: int = 0) -> None:
        self.kind = kind
        self.retry_after = retry_after
        self.issues: tuple[Issue, ...] = (Issue(issues),) if isinstance(issues, str) else tuple(issues)
        super().__init__(self.sentence)

    @property
    def outcome(self) -> Outcome:
        """What this refusal becomes at the edges."""
        return OUTCOMES[self.kind]

    @property
    def sentence(self) -> str:
        """What is wrong, where, and what to do, in one line."""
        details = " ".join(str(issue) for issue in self.issues)
        return " ".join(part for part in (details or self.outcome.sentence, self.outcome.advice) if part)
