"""What a route of the contract is: data, and pure functions before and after the door. The app does the rest."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Any
from uuid import UUID

from helsekort.access.act import Act, Action
from helsekort.api.http.answer import Answer
from helsekort.basics.ids import NewId
from helsekort.basics.refusal import Kind
from helsekort.ledger.view import Propose, StoredCommit, View, Wants

PREFIX = "/api/maternity-record/v1"


class Body(Enum):
    """Whether a route takes a JSON object."""

    NONE = "none"
    OPTIONAL = "optional"
    REQUIRED = "required"


@dataclass(frozen=True, slots=True)
class Call:
    """One request that has been read: the act, and the JSON object that came with it (empty where none did)."""

    act: Act
    body: dict[str, Any]
    new_id: NewId


@dataclass(frozen=True, slots=True)
class Reading:
    """A route that reads: what it wants opened, and the answer from the view. `at` says that it can be asked as it was then."""

    wants: Wants
    render: Callable[[View], Answer]
    at: bool = False


@dataclass(frozen=True, slots=True)
class Writing:
    """A route that writes: the change it proposes, and the answer from the commit. `creates` makes a new record."""

    propose: Callable[[Call], Propose]
    render: Callable[[Call, UUID, StoredCommit], Answer]
    creates: bool = False


@dataclass(frozen=True, slots=True)
class Route:
    """One operation of the contract.

    `template` has the ids as `{recordId}` and `{itemId}`; `shows` names the schema of a successful answer, `takes` that of
    the body; `refuses` is what it can refuse because of what is stored. The OpenAPI description, the deny matrix and the
    handbook are made from these rows.
    """

    method: str
    template: str
    operation_id: str
    summary: str
    action: Action
    work: Reading | Writing
    shows: str
    status: int = 200
    section: str = ""
    body: Body = Body.NONE
    takes: str = ""
    refuses: tuple[Kind, ...] = ()
