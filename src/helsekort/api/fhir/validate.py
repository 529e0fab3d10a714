"""$validate: what would be wrong with a resource, before it is sent (https://hl7.org/fhir/R4/resource-operation-validate.html).

What can be told of the resource by itself is told; that its references are of her record is found out when it is written. The
answer is always 200 with an OperationOutcome. Nothing is stored.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from helsekort.api.fhir.call import Call
from helsekort.api.fhir.her import shelf_in
from helsekort.api.fhir.sent import faults, own_links
from helsekort.api.fhir.warned import warnings_of
from helsekort.api.http.answer import Answer
from helsekort.basics.refusal import Issue, Kind, Refused
from helsekort.basics.strict_json import dump
from helsekort.fhir.outcome import issue_of, outcome
from helsekort.fhir.shapes import Json, Resource
from helsekort.ledger.view import Wants
from helsekort.maternity.alone import check_alone
from helsekort.maternity.belonging import Whose, check_content
from helsekort.maternity.body import Body
from helsekort.maternity.identity import parts_of

NOBODYS = Whose(UUID(int=0), UUID(int=0))
"""What is validated is of nobody yet."""
MODES = ("create", "update", "delete", "profile")


async def of_type(call: Call) -> Answer:
    """A resource as it would be created, or updated."""
    asked = _Asked(call)
    return asked.answer(asked.faults(asked.resource))


async def of_instance(call: Call) -> Answer:
    """A resource as the next version of the one that is stored, which has to be there; without one sent, the stored one."""
    asked = _Asked(call)
    view = await call.view(Wants.PARTS, parts=frozenset(parts_of(call.route.kind, call.ids[0])) or None)
    stored = shelf_in(call, view).get(call.route.kind, call.ids[0])
    if stored is None:
        raise Refused(Kind.NO_SUCH_RESOURCE, [Issue("There is no such resource in the record.", "id")])
    if asked.mode == "delete":
        return asked.answer([])
    sent = asked.resource
    if sent is None:
        return asked.answer(asked.faults(stored.resource))
    found = asked.faults(sent)
    if sent.get("id") != stored.id:
        found.append(Issue("The id is not the one in the address.", f"{call.route.kind}.id"))
    return asked.answer(found)


class _Asked:
    """What is to be validated: a resource, or Parameters with it; by which profile, and for what."""

    def __init__(self, call: Call) -> None:
        call.check_parameters("profile", "mode")
        self._call = call
        document = call.document if call.body else None
        given = dict(call.but())
        if isinstance(document, dict) and document.get("resourceType") == "Parameters":
            parameters = dict(_parameters(document))
            document = parameters.get("resource")
            given |= {name: one for name, one in parameters.items() if isinstance(one, str)}
        self.mode = given.get("mode", "profile" if "profile" in given else "create")
        self._profile = given.get("profile", "")
        self.resource: Resource | None = own_links(call, document) if isinstance(document, dict) else None
        self._check()

    def _check(self) -> None:
        known = {url for one in self._call.api.offering.types for url in one.profiles}
        if self.mode not in MODES:
            raise Refused(
                Kind.INVALID_PARAMETER,
                [Issue("There is no such mode.", "mode", f"One of {', '.join(MODES)}.")],
            )
        if self._profile and self._profile not in known:
            hint = "The CapabilityStatement (/metadata) names them."
            raise Refused(Kind.INVALID_PARAMETER, [Issue("There is no such profile here.", "profile", hint)])

    def faults(self, resource: Resource | None) -> list[Issue]:
        """Everything wrong with a resource by itself."""
        kind = self._call.route.kind
        if resource is None:
            return [
                Issue("There is no resource.", "Parameters.parameter", "Send it as `resource`, or by itself.")
            ]
        if resource.get("resourceType") != kind:
            return [Issue("The resource is of another type than the address.", f"{kind}.resourceType")]
        found = list(faults(self._call, resource, kind))
        if self._profile:
            found += self._call.api.validator.validate(resource, (self._profile,), where=kind)
        noted = Body()
        if not found:  # else its codes and values may not be what they should
            check_alone(resource, noted, kind)
        check_content(resource, NOBODYS, noted, kind)
        return list(dict.fromkeys([*found, *noted.issues]))

    def answer(self, found: list[Issue]) -> Answer:
        """The OperationOutcome: everything that is wrong, and what is taken with a warning; or that nothing is wrong."""
        told = [_told(issue) for issue in found] or [
            issue_of("information", "informational", "Nothing is wrong.")
        ]
        told += warnings_of(self.resource, self._call.route.kind)
        return Answer(200, dump(outcome(told)), (), self._call.content_type)


def _told(issue: Issue) -> Json:
    return issue_of("error", "invalid", issue.what, expression=issue.where, diagnostics=issue.hint)


def _parameters(document: Json) -> Iterator[tuple[str, Any]]:
    """The parameters that this operation has, by name; raises INVALID."""
    rows = document.get("parameter", [])
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise Refused(
            Kind.INVALID, [Issue("The parameters are not an array of objects.", "Parameters.parameter")]
        )
    for n, row in enumerate(rows):
        name = row.get("name")
        values = {"resource": row.get("resource"), "mode": row.get("valueCode"), "profile": _uri(row)}
        if not isinstance(name, str) or name not in values or values[name] is None:
            where = f"Parameters.parameter[{n}]"
            hint = "resource (resource), mode (valueCode), profile (valueUri)."
            raise Refused(Kind.INVALID, [Issue("There is no such parameter.", where, hint)])
        yield name, values[name]


def _uri(row: Json) -> object:
    return row.get("valueUri") or row.get("valueCanonical")
