"""The parameters of an operation or a history: each is read by name, and all that is wrong with them is told at once."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime

from helsekort.api.fhir.call import Call, moment_in
from helsekort.basics.refusal import Issue, Kind, Refused
from helsekort.fhir.search.asked import name_of
from helsekort.fhir.search.dates import interval
from helsekort.fhir.search.parameter import common_parameters
from helsekort.fhir.search.parse import NOT_OFFERED
from helsekort.fhir.search.ranges import Range

_WHOLE = re.compile("[0-9]{1,9}", re.ASCII)
_DAYS = re.compile(r"\d{4}(-\d\d(-\d\d)?)?", re.ASCII)
_LEFT_OUT = "This parameter is not known here and was left out."
_CHOOSING = NOT_OFFERED | {"_has", *common_parameters("Resource")}
"""Parameters that choose resources, whatever their underscore: left out, the answer would be to another question."""


class Parameters:
    """What is sent with one request. `known` names what it takes; `warnings` is what was left out, where that may be."""

    def __init__(self, call: Call, known: Sequence[str], *, tells_warnings: bool = False) -> None:
        """`tells_warnings` where the answer has a place for what was left out; without one, nothing may be."""
        self._call = call
        self.used = [(name, text) for name, text in call.but("_page") if name in known]
        self.warnings: list[Issue] = []
        self._issues: list[Issue] = []
        given = [name for name, _ in call.but()]
        for name in dict.fromkeys(given):
            if name not in known:
                self._unknown(name, tells_warnings=tells_warnings, known=known)

    def _unknown(self, name: str, *, tells_warnings: bool, known: Sequence[str]) -> None:
        hint = f"There are: {', '.join(sorted(known))}."
        chooses = not name.startswith("_") or name.partition(":")[0].partition(".")[0] in _CHOOSING
        if chooses or not tells_warnings or self._call.prefer.get("handling") == "strict":
            self._issues.append(Issue("The address does not take this parameter.", name_of(name), hint))
        else:
            self.warnings.append(Issue(_LEFT_OUT, name_of(name), hint))

    def every(self, name: str) -> list[str]:
        """Each value of a parameter that may stand several times, or hold several between commas."""
        return [one for given, text in self._call.but() if given == name for one in text.split(",")]

    def one(self, name: str) -> str | None:
        """The value of a parameter that stands once, None where it is not sent."""
        found = [text for given, text in self._call.but() if given == name]
        if len(found) > 1:
            self.wrong(name, "This parameter stands more than once.", "Send it once.")
        return found[0] if len(found) == 1 else None

    def whole(self, name: str) -> int | None:
        """A whole number."""
        text = self.one(name)
        if text is not None and not _WHOLE.fullmatch(text):
            self.wrong(name, "This is not a whole number.", "Write one from 0 up.")
            return None
        return None if text is None else int(text)

    def moment(self, name: str) -> datetime | None:
        """A moment with a time zone."""
        text = self.one(name)
        if text is None:
            return None
        try:
            return moment_in(name, [text])
        except Refused as refused:
            self._issues.extend(refused.issues)
            return None

    def days(self, name: str) -> Range | None:
        """The first and last microsecond of a day, a month or a year."""
        text = self.one(name)
        span = interval(text, self._call.api.zone) if text is not None and _DAYS.fullmatch(text) else None
        if text is not None and span is None:
            self.wrong(name, "This is not a date.", "Write YYYY, YYYY-MM or YYYY-MM-DD.")
        return span

    def period(self, name: str) -> Range | None:
        """The first and last microsecond of a date, or of a time as far as it is told."""
        text = self.one(name)
        span = None if text is None else interval(text.replace(" ", "+"), self._call.api.zone)
        if text is not None and span is None:
            hint = (
                "Write YYYY, YYYY-MM, YYYY-MM-DD or YYYY-MM-DDThh:mm:ss+hh:mm, with + as %2B in an address."
            )
            self.wrong(name, "This is not a date or a time.", hint)
        return span

    def wrong(self, name: str, what: str, hint: str) -> None:
        """Notes what is wrong with a parameter."""
        self._issues.append(Issue(what, name, hint))

    def check(self) -> None:
        """Raises INVALID_PARAMETER with everything that is wrong."""
        if self._issues:
            raise Refused(Kind.INVALID_PARAMETER, self._issues)
