"""Loading the sandbox: each woman gives her consent on the pages, and the EHRs write her card through the real API.

Idempotent: a woman who has a record, or had one, is left as she is; so is one who has decided something since.
"""

from __future__ import annotations

import asyncio
from datetime import date

import httpx

from helsekort.sandbox.address import Address
from helsekort.sandbox.ehr import Ehr, WomanStatus
from helsekort.sandbox.people import People, Woman
from helsekort.sandbox.stories import Pregnancy, Step, ending, first_sections, later_steps
from helsekort.sandbox.woman_browser import WomanBrowser

DEATH_IS_SEEN_WITHIN = 60.0
LOOK_AGAIN_AFTER = 0.5


class NotSeen(Exception):
    """The service did not take up an event of the person register in time."""


class Loader:
    """Writes the stories through one service."""

    def __init__(self, *, http: httpx.AsyncClient, address: Address, people: People, today: date) -> None:
        self._http = http
        self._address = address
        self._people = people
        self._today = today
        self._ehrs = {key: Ehr(key, http=http, address=address) for key in ("gp", "midwife", "hospital")}
        self._asking = Ehr("gp", http=http, address=address, machine=True)

    async def load(self) -> list[Woman]:
        """Makes every woman as her story has her; returns those for whom anything was done."""
        return [woman for woman in self._people.women if woman.consents and await self._load(woman)]

    async def _load(self, woman: Woman) -> bool:
        status = await self.status(woman)
        if status.latest_record is None and not status.deceased:
            return await self._begin(woman, status)
        if woman.plan == "deceased" and not status.deceased:
            await self._die(woman)
            return True
        return False

    async def status(self, woman: Woman) -> WomanStatus:
        """What the service says of her to a machine."""
        return WomanStatus.of((await self._asking.status(woman.nin)).must())

    async def _begin(self, woman: Woman, status: WomanStatus) -> bool:
        if status.consented and woman.plan == "nothing":
            return False
        async with WomanBrowser(service=self._address.service) as browser:
            if not await browser.log_in_where_nothing_has_happened(woman):
                return False
            if not status.consented:
                await browser.consent()
            if woman.plan != "nothing":
                await self._write(woman)
            if woman.plan == "withdrawn":
                await browser.withdraw()
        if woman.plan == "deceased":
            await self._die(woman)
        return True

    async def _write(self, woman: Woman) -> None:
        """Her card so far, through three EHRs."""
        pregnancy = Pregnancy.of(woman, self._today)
        sections = first_sections(pregnancy, self._people)
        created = (await self._ehrs["gp"].create(woman.nin, sections)).must()
        record: str = created["metadata"]["recordId"]
        for step in later_steps(pregnancy):
            await self._do(woman, record, step)
        if status := ending(pregnancy):
            (await self._ehrs["hospital"].update_status(woman.nin, record, status)).must()

    async def _do(self, woman: Woman, record: str, step: Step) -> None:
        ehr = self._ehrs[step.ehr]
        if not step.replaces:
            (await ehr.add(woman.nin, record, step.section, step.content)).must()
            return
        card = (await ehr.record(woman.nin, record)).must()
        seen: int = card[step.section]["metadata"]["version"]
        (await ehr.replace(woman.nin, record, step.section, step.content, seen=seen)).must()

    async def _die(self, woman: Woman) -> None:
        """Her death is registered, and the service has seen it."""
        form = {"woman": woman.key, "hendelse": "doedsfall"}
        await self._http.post(f"{self._address.sandbox}/folkeregisteret/hendelser", data=form)
        for _ in range(int(DEATH_IS_SEEN_WITHIN / LOOK_AGAIN_AFTER)):
            if (await self.status(woman)).deceased:
                return
            await asyncio.sleep(LOOK_AGAIN_AFTER)
        raise NotSeen(
            f"The service has not seen the death of {woman.name}: does it follow the person register?"
        )
