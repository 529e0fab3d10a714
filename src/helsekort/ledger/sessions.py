"""Her sessions in the pages: rows that can be ended, found by a hash, with who she is sealed inside.

The key a row is sealed with is made from the token in her browser, which is stored nowhere: neither the database nor the
service's keys open a session without it. OWASP ASVS 5.0 chapter 7: random references, idle and absolute ends on the server.
"""

from __future__ import annotations

import hashlib
import hmac
import os
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Self, TypeVar

import asyncpg
import msgspec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from helsekort.access.act import Representation
from helsekort.basics.nin import NationalIdentityNumber
from helsekort.basics.refusal import Kind, Refused
from helsekort.ledger.connection import DATABASE_ERRORS, SESSION, STATEMENT_SECONDS
from helsekort.ledger.migrate import APP_ROLE
from helsekort.ledger.sealing import Key

IDLE = timedelta(minutes=15)
ABSOLUTE = timedelta(minutes=60)
LOGIN_TAKES = timedelta(minutes=10)
FORMAT = 1

HashOf = Callable[[NationalIdentityNumber], bytes]
"""The keyed hash a person is found by."""

_FIND = """
UPDATE session SET seen = $2 WHERE id_hash = $1 AND seen > $3 AND opened > $4 RETURNING sealed, opened
"""
_OPEN = "INSERT INTO session (id_hash, woman_hash, sealed, opened, seen) VALUES ($1, $2, $3, $4, $4)"
_CHANGE = "UPDATE session SET sealed = $2 WHERE id_hash = $1"
_SWEEP = "DELETE FROM session WHERE opened < $1"
_END = "DELETE FROM session WHERE id_hash = $1"
_END_ALL = "DELETE FROM session WHERE woman_hash = $1"
_BEGIN_LOGIN = "INSERT INTO login_attempt (id_hash, sealed, started) VALUES ($1, $2, $3)"
_SWEEP_LOGINS = "DELETE FROM login_attempt WHERE started < $1"
_TAKE_LOGIN = "DELETE FROM login_attempt WHERE id_hash = $1 RETURNING sealed, started"


class _ActsFor(msgspec.Struct, frozen=True):
    nin: str
    name: str
    ground: str


class _Person(msgspec.Struct, frozen=True, omit_defaults=True):
    nin: str
    name: str
    represents: bool = False
    acts_for: _ActsFor | None = None


@dataclass(frozen=True, slots=True)
class ActsFor:
    """The woman somebody who is logged in has chosen to act for, and on what ground."""

    nin: NationalIdentityNumber
    name: str
    ground: Representation


@dataclass(frozen=True, slots=True)
class Session:
    """Somebody who is logged in. `token` is the cookie's value and is never stored; `csrf` goes into the forms.

    `represents` is True where there was somebody to act for at login; `acts_for` is whom she acts for now, else None.
    """

    token: str
    nin: NationalIdentityNumber
    name: str
    opened: datetime
    represents: bool = False
    acts_for: ActsFor | None = None

    @property
    def csrf(self) -> str:
        """A value only this session's pages know, made from the token so that nothing more is stored."""
        return hmac.digest(self.token.encode(), b"helsekort form", "sha256").hex()


class Sessions:
    """The sessions and the logins under way, in PostgreSQL. `random_bytes` gives as many random bytes as asked for."""

    def __init__(
        self, *, pool: asyncpg.Pool, hash_of: HashOf, random_bytes: Callable[[int], bytes] = os.urandom
    ) -> None:
        self._pool = pool
        self._hash_of = hash_of
        self._random = random_bytes

    @classmethod
    async def connect(cls, dsn: str, *, hash_of: HashOf) -> Self:
        """Sessions on two connections of their own, in the service's role."""
        pool = await asyncpg.create_pool(
            dsn,
            min_size=1,
            max_size=2,
            server_settings=SESSION | {"role": APP_ROLE},
            command_timeout=STATEMENT_SECONDS,
        )
        return cls(pool=pool, hash_of=hash_of)

    async def close(self) -> None:
        """Closes the connections."""
        await self._pool.close()

    async def open(
        self, *, nin: NationalIdentityNumber, name: str, now: datetime, represents: bool = False
    ) -> Session:
        """A new session with a new id; sessions whose time is over are removed on the way."""
        session = Session(self._random(32).hex(), nin, name, now, represents)
        await self._do(_SWEEP, now - ABSOLUTE)
        await self._do(_OPEN, _hash(session.token), self._hash_of(nin), _sealed(session), now)
        return session

    async def act_for(self, session: Session, woman: ActsFor | None) -> Session:
        """The session remembers whom it acts for from now on; None for herself again."""
        changed = replace(session, acts_for=woman)
        await self._do(_CHANGE, _hash(session.token), _sealed(changed))
        return changed

    async def find(self, token: str, *, now: datetime) -> Session | None:
        """The session with that token, its idle time begun anew; None where there is none or its time is over."""
        place = _hash(token)
        row = await self._row(_FIND, place, now, now - IDLE, now - ABSOLUTE)
        if row is None:
            return None
        plain = _key(token).open(row["sealed"], place=place)
        person = msgspec.msgpack.decode(plain, type=_Person)
        nin, acts_for = _number(person.nin), _woman(person.acts_for)
        return Session(token, nin, person.name, row["opened"], person.represents, acts_for)

    async def end(self, token: str) -> None:
        """Ends one session."""
        await self._do(_END, _hash(token))

    async def end_all_of(self, nin: NationalIdentityNumber) -> None:
        """Ends every session of one woman, on every device."""
        await self._do(_END_ALL, self._hash_of(nin))

    async def begin_login(self, kept: bytes, *, now: datetime) -> str:
        """Keeps what the callback of a login must match; returns the token the browser carries meanwhile."""
        token = self._random(32).hex()
        place = _hash(token)
        await self._do(_SWEEP_LOGINS, now - LOGIN_TAKES)
        await self._do(_BEGIN_LOGIN, place, _key(token).seal(kept, place=place), now)
        return token

    async def take_login(self, token: str, *, now: datetime) -> bytes | None:
        """What was kept, exactly once; None where it was used, never begun or took too long."""
        place = _hash(token)
        row = await self._row(_TAKE_LOGIN, place)
        if row is None or row["started"] <= now - LOGIN_TAKES:
            return None
        return _key(token).open(row["sealed"], place=place)

    async def _do(self, sql: str, *values: object) -> None:
        await _answered(self._pool.execute(sql, *values))

    async def _row(self, sql: str, *values: object) -> asyncpg.Record | None:
        return await _answered(self._pool.fetchrow(sql, *values))


T = TypeVar("T")


async def _answered(statement: Awaitable[T]) -> T:
    try:
        return await statement
    except DATABASE_ERRORS as error:
        raise Refused(Kind.DATABASE) from error


def _sealed(session: Session) -> bytes:
    """Who is logged in, and for whom, as it is stored."""
    woman = session.acts_for
    acts_for = _ActsFor(woman.nin.reveal(), woman.name, woman.ground.value) if woman else None
    person = _Person(session.nin.reveal(), session.name, session.represents, acts_for)
    return _key(session.token).seal(msgspec.msgpack.encode(person), place=_hash(session.token))


def _woman(stored: _ActsFor | None) -> ActsFor | None:
    """Whom somebody acts for, as it was stored."""
    if stored is None:
        return None
    return ActsFor(_number(stored.nin), stored.name, Representation(stored.ground))


def _number(digits: str) -> NationalIdentityNumber:
    """A number that was judged when it came in."""
    return NationalIdentityNumber.parse(digits, allow_synthetic=True)


def _key(token: str) -> Key:
    return Key(FORMAT, AESGCM(hmac.digest(token.encode(), b"helsekort session seal", "sha256")))


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
