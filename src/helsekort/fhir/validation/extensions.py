"""Extensions: one value or extensions inside, any unknown one kept, an unknown modifier refused
(https://hl7.org/fhir/R4/extensibility.html)."""

from __future__ import annotations

from typing import Any

from helsekort.fhir.definitions import Element
from helsekort.fhir.validation.run import Check, Run, inside
from helsekort.fhir.validation.tree import json_names


def extension_check(value: Any, where: str, run: Run) -> None:  # noqa: ANN401 - what was sent
    """An extension has a value or extensions of its own, never both and never neither (ext-1)."""
    if not isinstance(value, dict):
        return
    if _has_value(value) == ("extension" in value):
        what = "An extension has either a value[x] or extensions inside it (ext-1)."
        run.find(where, what, "Send one of them.")


def absolute_url_check(value: Any, where: str, run: Run) -> None:  # noqa: ANN401 - what was sent
    """The URL of an extension is absolute; inside an extension it may be a bare name."""
    url = value.get("url") if isinstance(value, dict) else None
    if not isinstance(url, str) or ":" in url or "xtension[" in where.split(".")[-2]:
        return
    run.find(inside(where, "url"), "The URL of the extension is not absolute.", "Send it with its scheme.")


def _has_value(value: dict[str, Any]) -> bool:
    for name in value:  # noqa: SIM110 - a generator costs more than what it goes through
        if name.startswith(("value", "_value")):
            return True
    return False


def known_extension_check(extensions: frozenset[str]) -> Check:
    """The check that an extension whose definition is known here follows it, wherever it stands."""

    def check(value: Any, where: str, run: Run) -> None:  # noqa: ANN401 - what was sent
        url = value.get("url") if isinstance(value, dict) else None
        if isinstance(url, str) and url in extensions:
            run.by_definition(url, value, where, run)

    return check


def modifier_check(known: frozenset[str]) -> Check:
    """The check that a modifier extension is one this service understands; what it would change must not be guessed."""

    def check(value: Any, where: str, run: Run) -> None:  # noqa: ANN401 - what was sent
        if not isinstance(value, dict):
            return
        url = value.get("url")
        if not isinstance(url, str) or url not in known:
            what = "This modifier extension is not understood here, and it may change the meaning of what holds it."
            run.find(
                inside(where, "url"),
                what,
                "Leave it out if the rest is true without it; otherwise do not send the resource.",
            )

    return check


def implicit_rules_check(value: Any, where: str, run: Run) -> None:  # noqa: ANN401 - what was sent
    """Rules that have to be understood are none here (https://hl7.org/fhir/R4/resource.html#Resource: a modifier element)."""
    if isinstance(value, str):
        what = "These rules are not understood here, and they may change the meaning of the resource."
        hint = "Leave it out if the rest is true without them; otherwise do not send the resource."
        run.find(where, what, hint)


def one_of_check(element: Element) -> Check:
    """The check that a choice of many types is there once."""
    names = frozenset(json_names(element))

    def check(value: Any, where: str, run: Run) -> None:  # noqa: ANN401 - what was sent
        if not isinstance(value, dict) or len(value) < 3:
            return
        if len({name.removeprefix("_") for name in names & value.keys()}) > 1:
            run.find(
                inside(where, element.name),
                f"{element.name}[x] is there with more than one type.",
                "Send one of them.",
            )

    return check
