"""The session is lost before or after the n-th statement of each act, for every n until the act gets through untouched."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from uuid import UUID

import asyncpg
import pytest

from helsekort.basics.ids import new_id
from helsekort.basics.nin import NationalIdentityNumber
from helsekort.basics.refusal import Kind, Refused
from helsekort.ledger.connection import open_session
from helsekort.ledger.ledger import Ledger
from helsekort.ledger.sealing import Keyring
from helsekort.ledger.view import Query, Wants
from tests.contract.ledger_acts import consent, create, log, meet, permit, read, withdraw, write

Act = Callable[[Ledger, NationalIdentityNumber, UUID], Awaitable[object]]


async def list_everything(ledger: Ledger, woman: NationalIdentityNumber, record: UUID) -> object:
    """A read in a transaction of its own."""
    return await ledger.read(
        Query(woman, record, Wants.RECORDS | Wants.COMMITS | Wants.LOG), permit("read-lists")
    )


async def end(ledger: Ledger, woman: NationalIdentityNumber, record: UUID) -> object:
    """The commit that ends a record."""
    return await write(ledger, woman, record, {"mother": b"m2"}, active=False)


ACTS: dict[str, Act] = {
    "write-section": end,
    "read-record": read,
    "read-lists": list_everything,
    "give-consent": lambda ledger, woman, _: consent(ledger, woman),
    "withdraw-consent": lambda ledger, woman, _: withdraw(ledger, woman),
}


class Faulty:
    """A session that is lost at the n-th statement counted from `arm`: before it is sent, or when it has been done."""

    left: int | None = None
    after = False

    def __init__(self, connection: asyncpg.Connection) -> None:
        self._connection = connection

    def __getattr__(self, name: str) -> object:
        return getattr(self._connection, name)

    async def fetch(self, *arguments: object) -> object:
        """As asyncpg's."""
        return await self._counted(self._connection.fetch, *arguments)

    async def execute(self, *arguments: object) -> object:
        """As asyncpg's."""
        return await self._counted(self._connection.execute, *arguments)

    async def _counted(self, send: Callable[..., Awaitable[object]], *arguments: object) -> object:
        if Faulty.left is None:
            return await send(*arguments)
        Faulty.left -= 1
        if Faulty.left != 0:
            return await send(*arguments)
        if Faulty.after:
            await send(*arguments)
        self._connection.terminate()
        raise asyncpg.ConnectionDoesNotExistError("cut off by the test")


def arm(statement: int | None, *, after: bool = False) -> bool:
    """Lets the n-th statement from now on lose its session, or none; whether the one armed before had not come yet."""
    untouched = Faulty.left is not None and Faulty.left > 0
    Faulty.left, Faulty.after = statement, after
    return untouched


@dataclass(frozen=True)
class Scene:
    """Whom an act concerns, what her log held before it, and who can look at everything."""

    ledger: Ledger
    owner: asyncpg.Connection
    woman: NationalIdentityNumber
    record: UUID
    before: list[str]


@pytest.fixture
async def faulty(
    database_url: str, keyring: Keyring, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Ledger]:
    """A ledger on sessions that can be lost at will."""

    async def open_faulty(dsn: str) -> Faulty:
        return Faulty(await open_session(dsn))

    monkeypatch.setattr("helsekort.ledger.lane.open_session", open_faulty)
    ledger = await Ledger.open(database_url, keyring, new_id=new_id)
    yield ledger
    arm(None)
    await ledger.close()


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("name", ACTS)
async def test_lost_at_every_statement(faulty: Ledger, database_url: str, name: str, *, after: bool) -> None:
    owner = await asyncpg.connect(database_url)
    for statement in range(1, 20):
        woman = await meet(faulty)
        record = await create(faulty, woman, {"mother": b"m"})
        scene = Scene(faulty, owner, woman, record, [row.action for row in await log(faulty, woman)])
        arm(statement, after=after)
        [answer] = await asyncio.gather(ACTS[name](faulty, woman, record), return_exceptions=True)
        untouched = arm(None)
        await check(scene, name, answer)
        if untouched:
            assert statement > 2
            break
    else:
        pytest.fail("the act never got through")
    await owner.close()


async def check(scene: Scene, name: str, answer: object) -> None:
    """The act is there with its audit row or not at all, and the caller was told nothing false."""
    rows = [row.action for row in await log(scene.ledger, scene.woman)]
    noted = rows.count(name) - scene.before.count(name)
    done = await is_done(scene, name)
    if not isinstance(answer, BaseException):
        assert noted == 1
        assert done
    elif name in {"write-section", "give-consent", "withdraw-consent"}:
        assert (noted == 1) is done
        assert not done or "not known" in str(answer)
    assert isinstance(answer, Refused) or not isinstance(answer, BaseException)
    assert not isinstance(answer, Refused) or answer.kind is Kind.DATABASE
    result = await scene.ledger.rebuild(scene.record)
    assert (result.repaired, result.damaged) == ([], [])


async def is_done(scene: Scene, name: str) -> bool:
    """Whether what the act changes is changed; a read changes nothing and is done when it is."""
    view = await scene.ledger.read(Query(scene.woman, scene.record, Wants.PARTS), permit("look"))
    if name == "write-section":
        assert view.record is not None
        changed = view.parts == {"mother": b"m2"}
        assert (view.record.active, view.person.active_record is None) == (not changed, changed)
        return changed
    if name == "withdraw-consent":
        assert (view.record is None) is not view.person.consented
        return view.record is None
    assert view.parts == {"mother": b"m"}
    given = "SELECT count(*) FROM consent WHERE given AND person = $1"
    return name != "give-consent" or await scene.owner.fetchval(given, view.person.person) == 2
