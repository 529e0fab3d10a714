"""A refusal as the JSON contract tells it: `{errorCode, errorMessage, eventId}` and the code in the nhn-error-code header."""

from __future__ import annotations

from helsekort.access.proof import CHALLENGE
from helsekort.api.http.answer import Answer, Header
from helsekort.basics import strict_json
from helsekort.basics.refusal import OUTCOMES, Issue, Kind, Refused

MOST_ISSUES = 20
"""Issues told in one message; the rest are counted."""

RETRY_SECONDS = 1

_CHALLENGE: Header = (b"www-authenticate", CHALLENGE.encode("ascii"))
_LATER = frozenset({Kind.DATABASE, Kind.TOO_MANY})


def render(refused: Refused, event_id: str) -> Answer:
    """The answer to a refused request; 429 has no body."""
    outcome = OUTCOMES[refused.kind]
    extra = _extra(refused)
    if refused.kind is Kind.TOO_MANY:
        return Answer(outcome.status, b"", extra)
    body = {
        "errorCode": outcome.contract_code,
        "errorMessage": _shortened(refused).sentence,
        "eventId": event_id,
    }
    code = (b"nhn-error-code", outcome.contract_code.encode("ascii"))
    return Answer(outcome.status, strict_json.dump(body), (code, *extra))


def _extra(refused: Refused) -> tuple[Header, ...]:
    if refused.kind is Kind.UNAUTHENTICATED:
        return (_CHALLENGE,)
    seconds = refused.retry_after or (RETRY_SECONDS if refused.kind in _LATER else 0)
    return ((b"retry-after", b"%d" % seconds),) if seconds else ()


def _shortened(refused: Refused) -> Refused:
    left = len(refused.issues) - MOST_ISSUES
    if left <= 0:
        return refused
    more = Issue(f"And {left} more of this kind.")
    return Refused(refused.kind, (*refused.issues[:MOST_ISSUES], more))
