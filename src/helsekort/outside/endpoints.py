"""Where HelseID gives tokens, for FHIR clients that ask here: fetched once an hour at most, however often anybody asks."""

from __future__ import annotations

import asyncio
import logging

import httpx

from helsekort.basics.clock import Clock
from helsekort.basics.refusal import Refused
from helsekort.fhir.capability import Endpoints
from helsekort.outside.discovery import discover

FRESH, AFTER_FAILURE = 3600.0, 10.0
log = logging.getLogger(__name__)


class TokenEndpoints:
    """The endpoints of one issuer. Used from one event loop."""

    def __init__(self, client: httpx.AsyncClient, *, issuer: str, clock: Clock) -> None:
        self._client = client
        self._issuer = issuer
        self._clock = clock
        self._known: Endpoints | None = None
        self._ask_again = float("-inf")
        self._one_at_a_time = asyncio.Lock()

    async def find(self) -> Endpoints | None:
        """The endpoints, as they were last told; None where the issuer has never said."""
        if self._now() >= self._ask_again:
            async with self._one_at_a_time:
                if self._now() >= self._ask_again:
                    await self._fetch()
        return self._known

    async def _fetch(self) -> None:
        try:
            found = await discover(self._client, self._issuer)
        except Refused as refused:
            log.warning("endpoints not fetched, the known ones stay in use: %s", refused)
            self._ask_again = self._now() + AFTER_FAILURE
            return
        self._known = Endpoints(
            issuer=found.issuer,
            authorize=found.authorization_endpoint,
            token=found.token_endpoint,
            jwks=found.jwks_uri,
        )
        self._ask_again = self._now() + FRESH

    def _now(self) -> float:
        return self._clock().timestamp()
