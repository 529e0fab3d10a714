"""The public keys of HelseID, and of ID-porten in the same way: fetched, kept, and fetched again when a new one appears.

HelseID's functional requirements: keep the keys at most 24 hours, fetch again on an unknown key id. So that a stranger's
invented key ids cost the issuer nothing, that is done once a minute at most.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable, Mapping

import httpx

from helsekort.access.jose import NotAccepted, PublicKey, signing_key
from helsekort.access.token import UnknownKey
from helsekort.basics.clock import Clock
from helsekort.basics.refusal import Refused
from helsekort.outside.discovery import KeySet, fetch_keys
from helsekort.outside.wire import source_down

FRESH, OLDEST, BETWEEN, BETWEEN_WITHOUT_KEYS = 3600.0, 24 * 3600.0, 60.0, 1.0
MOST_KEYS = 50
log = logging.getLogger(__name__)


class _Issuer:
    """One issuer's keys and when they were asked for, in seconds since 1970."""

    def __init__(self) -> None:
        self.keys: Mapping[str, PublicKey] = {}
        self.fetched = float("-inf")
        self.asked = float("-inf")
        self.task: asyncio.Task[None] | None = None


class Keys:
    """The keys of the issuers that are trusted. Used from one event loop."""

    def __init__(self, client: httpx.AsyncClient, *, issuers: Iterable[str], clock: Clock) -> None:
        self._client = client
        self._clock = clock
        self._issuers = {issuer: _Issuer() for issuer in issuers}

    def key_for(self, issuer: str, kid: str) -> PublicKey:
        """The key, where it is known and not too old; raises UnknownKey, after which `refresh` may help.

        Keys older than an hour are used, and fetched again in the background.
        """
        known = self._issuers.get(issuer)
        if known is None:
            raise UnknownKey(issuer)
        age = self._now() - known.fetched
        key = known.keys.get(kid)
        if key is None or age > OLDEST:
            raise UnknownKey(issuer)
        if age > FRESH:
            self._start(issuer, known)
        return key

    async def refresh(self, issuer: str) -> None:
        """Fetches the issuer's keys, unless that was done within the last minute; several who ask wait for one fetch.

        Raises Refused SOURCE_DOWN where there are no keys that may be used; with keys, an issuer that is down changes nothing.
        """
        known = self._issuers.get(issuer)
        if known is None:
            return
        self._start(issuer, known)
        if known.task is not None:
            await asyncio.shield(known.task)
        if self._now() - known.fetched > OLDEST:
            raise source_down(issuer, "has not given its keys")

    def _start(self, issuer: str, known: _Issuer) -> None:
        now = self._now()
        between = BETWEEN if known.keys else BETWEEN_WITHOUT_KEYS
        if known.task is None and now - known.asked >= between:
            known.asked = now
            known.task = asyncio.create_task(self._fetch(issuer, known))

    async def _fetch(self, issuer: str, known: _Issuer) -> None:
        try:
            found = await fetch_keys(self._client, issuer)
            known.keys, known.fetched = _usable(found, issuer), self._now()
        except Refused as refused:
            log.warning("keys not fetched, the known ones stay in use: %s", refused)
        finally:
            known.task = None

    def _now(self) -> float:
        return self._clock().timestamp()


def _usable(found: KeySet, issuer: str) -> Mapping[str, PublicKey]:
    """The signing keys by id. Keys for other purposes and of other kinds are passed over, as RFC 7517 section 5 says."""
    usable: dict[str, PublicKey] = {}
    for jwk in found.keys[:MOST_KEYS]:
        kid = jwk.get("kid")
        if not isinstance(kid, str) or kid in usable:
            continue
        try:
            usable[kid] = signing_key(jwk)
        except NotAccepted as why:
            log.info("a key of %s is not used: %s", issuer, why)
    if not usable:
        raise source_down(issuer, "has no keys that can be used")
    return usable
