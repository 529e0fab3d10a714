"""Every version of a resource, and of everything in a record, the newest first, in pages that stay as more is written."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

from helsekort.api.fhir.call import Call
from helsekort.api.fhir.parameters import Parameters
from helsekort.api.fhir.reads import versions_of
from helsekort.api.http.answer import Answer
from helsekort.basics.turns import in_turns
from helsekort.fhir.history import Past, history_bundle, pages
from helsekort.ledger.view import Wants
from helsekort.maternity.history import Version, record_versions

PAGE, MOST = 50, 500
_TAKEN = ("_at", "_count", "_page", "_since")
_NEWEST = 10**9
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


async def history(call: Call) -> Answer:
    """The versions of one resource."""
    asked = _Asked(call)
    view, found = await versions_of(call)
    return call.marked(asked.answer(found, f"{call.route.kind}/{call.ids[0]}/_history"), view)


async def of_record(call: Call) -> Answer:
    """The versions of every resource of a record."""
    asked = _Asked(call)
    view = await call.view(Wants.COMMITS)
    found = await in_turns(record_versions(view.commits))
    return call.marked(asked.answer(found, f"EpisodeOfCare/{call.ids[0]}/$history"), view)


class _Asked:
    """What a history is asked for; raises INVALID_PARAMETER with everything that is wrong."""

    def __init__(self, call: Call) -> None:
        asked = Parameters(call, _TAKEN)
        self._call = call
        self._kept = asked.used
        count, upto = asked.whole("_count"), asked.whole("_page")
        since, self._at = asked.moment("_since"), asked.period("_at")
        asked.check()
        self._count = PAGE if count is None else min(count, MOST)
        self._upto = _NEWEST if upto is None else upto
        # A moment is read to the end of its millisecond.
        self._since = None if since is None else since - timedelta(microseconds=999)

    def answer(self, versions: Sequence[Version], path: str) -> Answer:
        """One page as a Bundle; `path` is the address below the base."""
        wanted = self._wanted(versions)
        if self._count == 0:
            shown: list[range] = [range(0)]
        else:
            shown = list(pages(len(wanted), upto=self._upto, count=self._count))
        links = {"self": self._link(path, None if self._upto == _NEWEST else self._upto)}
        if len(shown) > 1:
            links["next"] = self._link(path, shown[1].start + 1)
        page = [_past(wanted[place]) for place in shown[0]]
        raw = history_bundle(
            page, total=len(wanted), base=self._call.base, links=links, at=self._call.api.clock()
        )
        return Answer(200, raw, (), self._call.content_type)

    def _wanted(self, versions: Sequence[Version]) -> Sequence[Version]:
        """The versions made since a moment, or those that were current at some time in a period."""
        if self._since is not None:
            versions = [one for one in versions if one.at >= self._since]
        return versions if self._at is None else _current(versions, *self._at)

    def _link(self, path: str, upto: int | None) -> str:
        pairs = [*self._kept, *([] if upto is None else [("_page", str(upto))])]
        return f"{self._call.base}/{path}" + (f"?{urlencode(pairs)}" if pairs else "")


def _past(one: Version) -> Past:
    return Past(one.kind, one.id, one.number, one.at, one.entry.raw if one.entry else None)


def _current(versions: Sequence[Version], first: int, last: int) -> list[Version]:
    """Of each resource the version there was when the period began, and those made in it."""
    told = [(one, (one.at - _EPOCH) // timedelta(microseconds=1)) for one in versions]
    begun = {(one.kind, one.id): one for one, at in told if at < first}
    return [
        one
        for one, at in told
        if first <= at <= last or (one.entry is not None and begun.get((one.kind, one.id)) is one)
    ]
