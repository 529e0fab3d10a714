"""A refusal as FHIR tells it: an OperationOutcome with a stable code, where it is and what to do.

https://hl7.org/fhir/R4/operationoutcome.html. `details.coding` has the code to program against, `details.text` what is wrong,
`diagnostics` what to do about it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from helsekort.basics.refusal import OUTCOMES, Issue, Kind, Refused
from helsekort.fhir.shapes import Json, Resource, coding

MOST_ISSUES = 200
"""Issues told in one answer; the rest are counted."""

_OF_THE_REQUEST = frozenset(
    {
        Kind.INVALID_HEADER,
        Kind.INVALID_NIN,
        Kind.INVALID_ROLE,
        Kind.UNAUTHENTICATED,
        Kind.FORBIDDEN,
        Kind.UNKNOWN_ORGANISATION,
        Kind.UNSUPPORTED_MEDIA_TYPE,
        Kind.NOT_ACCEPTABLE,
    }
)
_PATH = re.compile(r"[A-Z][A-Za-z]+(?:[.\[(].*)?")


def outcome_of(refused: Refused, *, system: str) -> Resource:
    """The OperationOutcome of a refusal; `system` is the code system of the stable codes."""
    issues = refused.issues or (Issue(refused.outcome.sentence),)
    told = [_issue(refused.kind, issue, system) for issue in issues[:MOST_ISSUES]]
    left = len(issues) - MOST_ISSUES
    if left > 0:
        told.append(_issue(refused.kind, Issue(f"And {left} more of this kind."), system))
    return outcome(told)


def outcome(issues: Iterable[Json]) -> Resource:
    """An OperationOutcome of issues that are FHIR already; there has to be one."""
    return {"resourceType": "OperationOutcome", "issue": list(issues)}


def issue_of(severity: str, code: str, text: str, *, expression: str = "", diagnostics: str = "") -> Json:
    """One issue: `severity` is fatal, error, warning or information; `code` of FHIR's IssueType."""
    made: Json = {"severity": severity, "code": code, "details": {"text": text}}
    if diagnostics:
        made["diagnostics"] = diagnostics
    if expression:
        made["expression"] = [expression]
    return made


def _issue(kind: Kind, issue: Issue, system: str) -> Json:
    meant = OUTCOMES[kind]
    details = {"coding": [coding(system, kind.value, meant.sentence)], "text": issue.what or meant.sentence}
    made: Json = {"severity": "error", "code": meant.issue_code, "details": details}
    made["diagnostics"] = issue.hint or meant.advice
    return made | _place(kind, issue.where)


def _place(kind: Kind, where: str) -> Json:
    """Where it is: an element by its FHIRPath, or a part of the request as `http.` and its name (OperationOutcome.issue)."""
    if not where:
        return {}
    if where.startswith("$"):
        return {"location": [where]}
    of_an_element = kind not in _OF_THE_REQUEST and _PATH.fullmatch(where)
    return {"expression": [where]} if of_an_element else {"location": [f"http.{where}"]}
