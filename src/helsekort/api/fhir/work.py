"""What a route of the FHIR API is: a row of data, and the function that answers. What the API says is made of them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from helsekort.access.act import Action
from helsekort.api.http.answer import Answer
from helsekort.basics.nin import NationalIdentityNumber

if TYPE_CHECKING:
    from helsekort.api.fhir.call import Call

PREFIX = "/fhir/r4"


@dataclass(frozen=True, slots=True)
class Named:
    """Whom a request names beside the header: records or a woman by id, or her number in the body. All empty: nobody."""

    records: tuple[UUID, ...] = ()
    person: UUID | None = None
    patient: NationalIdentityNumber | None = None

    @property
    def record(self) -> UUID | None:
        """The record, where it is one."""
        return self.records[0] if len(self.records) == 1 else None


NOBODY = Named()

Names = Callable[["Call"], Named]
"""Finds whom a request names, from its path, parameters and body; raises Refused where it names several, or nobody."""

Handle = Callable[["Call"], Awaitable[Answer]]
"""Answers a request of a caller who has been identified; raises Refused."""


@dataclass(frozen=True, slots=True)
class Route:
    """One interaction at one address.

    `template` has its ids as `{id}` and `{version}`; `interaction` is the code of the CapabilityStatement, or "operation".
    `names` is None where the call is about no patient. `of_record` says that the record named is what the act is about; a search
    is about the woman, and the record is where it looks first. `takes` are the content types of the body, none where it has none;
    `in_parameters` says that a body is a Parameters resource, read as if its parameters stood in the address.
    """

    method: str
    template: str
    interaction: str
    action: Action
    handle: Handle
    names: Names | None
    kind: str = ""
    takes: frozenset[str] = frozenset()
    body_required: bool = False
    of_record: bool = True
    in_parameters: bool = False

    @property
    def writes(self) -> bool:
        """Whether it changes a record."""
        return self.action.writes


@dataclass(frozen=True, slots=True)
class Open:
    """An address that needs no token: what it says is about the service alone. OPTIONS stands here too."""

    method: str
    template: str
    handle: Handle
    interaction: str = "capabilities"
    kind: str = ""
    takes: frozenset[str] = frozenset()
    in_parameters: bool = False
    writes: bool = False
