"""A woman at the door beside the running service: what she decides, what her log says, and whom she has let act for her."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import httpx

from helsekort.access.act import Act, Action
from helsekort.access.actor import Actor, ActorKind
from helsekort.access.wishes import Wish, WishKind
from helsekort.audit.entry import AuditEntry
from helsekort.basics.clock import system_clock
from helsekort.basics.ids import new_id
from helsekort.basics.nin import NationalIdentityNumber
from helsekort.ledger.ledger import Ledger
from helsekort.ledger.sealing import Keyring
from helsekort.ledger.view import View, Wants
from helsekort.maternity.redaction import for_proposal, redact_in_turns
from helsekort.outside.person_register import PersonRegister
from helsekort.outside.representation import Representation, Representations
from helsekort.outside.wire import new_client
from helsekort.records.door import Door
from helsekort.sandbox.people import Relative, Woman


def number(text: str) -> NationalIdentityNumber:
    """A fictional number."""
    return NationalIdentityNumber.parse(text, allow_synthetic=True)


@dataclass(frozen=True, slots=True)
class Beside:
    """A second ledger and door on the service's database, as another process of it would have."""

    ledger: Ledger
    door: Door
    representations: Representations

    async def decides(self, woman: Woman, kind: WishKind, target: str = "", *, on: bool = True) -> None:
        """She decides."""
        await self.door.set_wish(herself(woman, Action.SET_WISH), Wish(kind, on, target))

    async def log(self, woman: Woman) -> tuple[AuditEntry, ...]:
        """Her log, newest first."""
        return (await self.door.read(herself(woman, Action.READ_LOG), Wants.LOG)).log

    async def report(self, woman: Woman, line: UUID, text: str) -> None:
        """She reports a line of her log."""
        await self.door.report(herself(woman, Action.REPORT_LOOKUP), line, text)

    async def power(self, relative: Relative) -> Representation:
        """What the representation register says a relative may do."""
        (found,) = await self.representations.find(number(relative.nin))
        return found

    async def as_proxy(self, relative: Relative, action: Action, record: UUID | None = None) -> View:
        """The relative asks for what the power of attorney may cover."""
        power = await self.power(relative)
        actor = Actor(ActorKind.PROXY, relative.name, "pages", nin=number(relative.nin))
        event = f"proxy-{relative.key}"
        act = Act(
            actor, action, power.nin, system_clock(), event, record, "helsekort", representation=power.kind
        )
        return await self.door.read(act, Wants.PARTS | Wants.CARD if record else Wants.STATUS)


def herself(woman: Woman, action: Action) -> Act:
    """An act of hers on her own record."""
    nin = number(woman.nin)
    actor = Actor(ActorKind.CITIZEN, woman.name, "pages", nin=nin)
    return Act(actor, action, nin, system_clock(), "her-own", source_system="helsekort")


@asynccontextmanager
async def beside(database_url: str, folder: Path, sandbox: str) -> AsyncIterator[Beside]:
    """Opens the second ledger and door with the running service's keys."""
    ledger = await Ledger.open(database_url, Keyring.load(folder / "keys"), new_id=new_id)
    async with new_client() as http:
        yield Beside(ledger, door_of(ledger, http, sandbox), representations_of(http, sandbox))
    await ledger.close()


def door_of(ledger: Ledger, http: httpx.AsyncClient, sandbox: str) -> Door:
    """A door as the composition root makes one."""
    register = PersonRegister(http, base=f"{sandbox}/folkeregisteret", allow_synthetic=True)
    return Door(
        ledger=ledger,
        find_person=register.find,
        new_id=new_id,
        redact=redact_in_turns,
        for_proposal=for_proposal,
    )


def representations_of(http: httpx.AsyncClient, sandbox: str) -> Representations:
    """The representation register."""
    return Representations(http, base=f"{sandbox}/representasjon/v1", allow_synthetic=True)
