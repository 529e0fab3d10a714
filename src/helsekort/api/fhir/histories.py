"""Every version of a resource, and of everything in a record, the newest first, in pages that stay as more is written."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from urllib.parse import urlencode

from helsekort.api.fhir.call import Call, moment_in
from helsekort.api.fhir.reads import versions_of
from helsekort.api.http.answer import Answer
from helsekort.basics.refusal import Issue, Kind, Refused
from helsekort.basics.turns import in_turns
from helsekort.fhir.history import Past, history_bundle, pages
from helsekort.ledger.view import Wants
from helsekort.maternity.history import Version, record_versions

PAGE, MOST = 50, 500
_TAKEN = ("_count", "_since", "_at", "_page")


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
    """What a history is asked for; raises INVALID_PARAMETER."""

    def __init__(self, call: Call) -> None:
        call.check_parameters(*_TAKEN)
        self._call = call
        given = dict(call.but())
        if twice := [name for name in _TAKEN if sum(name == one for one, _ in call.but()) > 1]:
            what = "This parameter stands more than once."
            raise Refused(Kind.INVALID_PARAMETER, [Issue(what, name, "Send it once.") for name in twice])
        self._kept = [(name, value) for name, value in call.but() if name in {"_count", "_since", "_at"}]
        self._count = min(_number(given, "_count", PAGE), MOST)
        self._upto = _number(given, "_page", 10**9)
        self._since = _since(call)
        self._at = _at(call)

    def answer(self, versions: Sequence[Version], path: str) -> Answer:
        """One page as a Bundle; `path` is the address below the base."""
        wanted = self._wanted(versions)
        if self._count == 0:
            shown: list[range] = [range(0)]
        else:
            shown = list(pages(len(wanted), upto=self._upto, count=self._count))
        links = {"self": self._link(path, None if self._upto == 10**9 else self._upto)}
        if len(shown) > 1:
            links["next"] = self._link(path, shown[1].start + 1)
        page = [_past(wanted[place]) for place in shown[0]]
        raw = history_bundle(
            page, total=len(wanted), base=self._call.base, links=links, at=self._call.api.clock()
        )
        return Answer(200, raw, (), self._call.content_type)

    def _wanted(self, versions: Sequence[Version]) -> Sequence[Version]:
        """The versions made since a moment, or those that were the newest at one."""
        if self._since is not None:
            versions = [one for one in versions if one.at >= self._since]
        if self._at is None:
            return versions
        at = self._at
        newest = {(one.kind, one.id): one for one in versions if one.at <= at}
        return [one for one in versions if newest.get((one.kind, one.id)) is one]

    def _link(self, path: str, upto: int | None) -> str:
        pairs = [*self._kept, *([] if upto is None else [("_page", str(upto))])]
        return f"{self._call.base}/{path}" + (f"?{urlencode(pairs)}" if pairs else "")


def _past(one: Version) -> Past:
    return Past(one.kind, one.id, one.number, one.at, one.entry.raw if one.entry else None)


def _number(given: dict[str, str], name: str, otherwise: int) -> int:
    text = given.get(name)
    if text is None:
        return otherwise
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise Refused(Kind.INVALID_PARAMETER, [Issue("This is not a whole number.", name)])
    return int(text)


def _at(call: Call) -> datetime | None:
    given = [value for name, value in call.but() if name == "_at"]
    return moment_in("_at", given) if given else None


def _since(call: Call) -> datetime | None:
    """From the beginning of its millisecond."""
    given = [value for name, value in call.but() if name == "_since"]
    return moment_in("_since", given) - timedelta(microseconds=999) if given else None
