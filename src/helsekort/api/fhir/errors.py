"""A refusal as the FHIR API tells it: an OperationOutcome, whatever happened, with the event id of the request."""

from __future__ import annotations

from helsekort.access.proof import CHALLENGE
from helsekort.api.fhir.media import FHIR_JSON
from helsekort.api.http.answer import Answer, Header
from helsekort.basics import strict_json
from helsekort.basics.refusal import Kind, Refused
from helsekort.fhir.outcome import outcome_of
from helsekort.fhir.shapes import extension
from helsekort.maternity.uris import BASE

REFUSAL = f"{BASE}/CodeSystem/refusal"
"""One code for each kind of refusal; docs/reference/errors.md."""
EVENT_ID = f"{BASE}/StructureDefinition/event-id"

_CHALLENGE: Header = (b"www-authenticate", CHALLENGE.encode("ascii"))
_LATER = frozenset({Kind.DATABASE, Kind.TOO_MANY})
_RETRY_SECONDS = 1


def render(refused: Refused, event_id: str) -> Answer:
    """The answer to a refused request."""
    told = outcome_of(refused, system=REFUSAL)
    told = {
        "resourceType": told["resourceType"],
        "extension": [extension(EVENT_ID, valueString=event_id)],
    } | told
    return Answer(refused.outcome.status, strict_json.dump(told), _headers(refused), FHIR_JSON)


def _headers(refused: Refused) -> tuple[Header, ...]:
    if refused.kind is Kind.UNAUTHENTICATED:
        return (_CHALLENGE,)
    seconds = refused.retry_after or (_RETRY_SECONDS if refused.kind in _LATER else 0)
    return ((b"retry-after", b"%d" % seconds),) if seconds else ()
