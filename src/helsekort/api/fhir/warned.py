"""What is taken and still worth a warning: told by $validate, by an OperationOutcome asked for, and by a bundle's answer."""

from __future__ import annotations

import json

from helsekort.basics.refusal import Issue
from helsekort.fhir.outcome import issue_of
from helsekort.fhir.shapes import Json, Resource
from helsekort.fhir.validation import narrative_warnings

_NARRATIVE = b'"div"'


def warnings_of(resource: Resource | None, where: str) -> list[Json]:
    """The warnings of a resource, as issues of an OperationOutcome."""
    return [_told(issue) for issue in narrative_warnings(resource, where)]


def warnings_in(raw: bytes, where: str) -> list[Json]:
    """The warnings of a resource that is stored, from its JSON; most have no narrative, and are not read."""
    return warnings_of(json.loads(raw), where) if _NARRATIVE in raw else []


def _told(issue: Issue) -> Json:
    return issue_of("warning", "invalid", issue.what, expression=issue.where, diagnostics=issue.hint)
