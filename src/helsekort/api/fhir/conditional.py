"""Version and time of a resource in the headers, told from its bytes: ETag, Last-Modified, and 304 where nothing is new.

https://hl7.org/fhir/R4/http.html#cread. Stored resources begin with type, id and meta, so nothing is parsed.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from helsekort.api.http.answer import Answer, Header
from helsekort.api.http.request import Request

_DAYS = (b"Mon", b"Tue", b"Wed", b"Thu", b"Fri", b"Sat", b"Sun")
_MONTHS = (b"", *b"Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split())
_STARTS = re.compile(
    rb'\{"resourceType":"[A-Za-z]+","id":"[^"]+","meta":\{"versionId":"([0-9]+)","lastUpdated":"([^"]+)"'
)


def validators(raw: bytes) -> tuple[bytes, datetime] | None:
    """The ETag and the time of the last change; None for what is made when asked for and has no version."""
    found = _STARTS.match(raw)
    return None if found is None else (b'W/"%s"' % found[1], datetime.fromisoformat(found[2].decode("ascii")))


def version_of(raw: bytes) -> str:
    """The version alone, `3` of `W/"3"`; empty for what has none."""
    found = _STARTS.match(raw)
    return "" if found is None else found[1].decode("ascii")


def answer_with(raw: bytes, request: Request, content_type: Header) -> Answer:
    """The resource with its validators; 304 where the caller has this version already."""
    known = validators(raw)
    if known is None:
        return Answer(200, raw, (), content_type)
    etag, changed = known
    headers = ((b"etag", etag), (b"last-modified", http_date(changed)))
    if _is_known(etag, changed, request):
        return Answer(304, b"", headers)
    return Answer(200, raw, headers, content_type)


def http_date(moment: datetime) -> bytes:
    """A moment as HTTP writes it (RFC 9110 section 5.6.7), to the second."""
    at = moment if moment.tzinfo is UTC else moment.astimezone(UTC)
    day = (_DAYS[at.weekday()], at.day, _MONTHS[at.month], at.year)
    return b"%s, %02d %s %04d %02d:%02d:%02d GMT" % (*day, at.hour, at.minute, at.second)


def _is_known(etag: bytes, changed: datetime, request: Request) -> bool:
    """If-None-Match goes before If-Modified-Since (RFC 9110 section 13.2.2); a date that cannot be read is as good as none."""
    given = request.headers.get(b"if-none-match")
    if given is not None:
        return etag.removeprefix(b"W/") in {one.strip().removeprefix(b"W/") for one in given.split(b",")} or (
            given.strip() == b"*"
        )
    since = request.headers.get(b"if-modified-since")
    if since is None:
        return False
    try:
        return changed.replace(microsecond=0) <= parsedate_to_datetime(since.decode("latin-1"))
    except (ValueError, TypeError):
        return False
