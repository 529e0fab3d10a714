"""`helsekort switch off|lift|show`: for whoever operates the service."""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
from collections.abc import Awaitable, Callable

import asyncpg

from helsekort.access.switch import LIFTERS, TurnedOff, UnknownScope
from helsekort.basics.startup import CannotStart
from helsekort.ledger.connection import DATABASE_ERRORS
from helsekort.ledger.switch import OLDEST_SECONDS
from helsekort.ledger.turning import CannotTurn, Told, lift, owner, state, turn_off

Act = Callable[[asyncpg.Connection], Awaitable[str]]


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds `switch` and its commands to the command line."""
    switch = commands.add_parser("switch", help="turn the service, or a part of it, off and on again")
    acts = switch.add_subparsers(metavar="off|lift|show", required=True)
    off = acts.add_parser("off", help="turn a scope off: one person, with a reason")
    off.add_argument("--reason", required=True)
    off.set_defaults(run=lambda given: _run(given, _off(given)))
    lifting = acts.add_parser("lift", help="say that a scope may be on again: two different persons")
    lifting.set_defaults(run=lambda given: _run(given, _lift(given)))
    for turning in (off, lifting):
        turning.add_argument(
            "scope",
            help="all, writing, citizen, contract:v1, contract:fhir, contract:organisation, client:ID, organisation:NUMBER "
            "or supplier:NUMBER",
        )
        turning.add_argument("--by", required=True, metavar="NAME", help="who decides this")
    showing = acts.add_parser("show", help="what is off, since when, by whom and why")
    showing.set_defaults(run=lambda given: _run(given, _show))
    for command in (off, lifting, showing):
        command.add_argument(
            "--database",
            default=os.environ.get("HELSEKORT_DATABASE"),
            help="or the variable HELSEKORT_DATABASE",
        )


def _run(given: argparse.Namespace, act: Act) -> int:
    if not given.database:
        raise CannotStart("Which database? Give --database or HELSEKORT_DATABASE.")
    try:
        sys.stdout.write(asyncio.run(_at(given.database, act)) + "\n")
    except (CannotTurn, UnknownScope) as error:
        raise CannotStart(str(error)) from None
    except DATABASE_ERRORS as error:
        raise CannotStart(f"The switch could not be turned or read: {' '.join(str(error).split())}") from None
    return 0


async def _at(dsn: str, act: Act) -> str:
    async with owner(dsn) as connection:
        return await act(connection)


def _off(given: argparse.Namespace) -> Act:
    async def act(connection: asyncpg.Connection) -> str:
        told = await turn_off(connection, scope=given.scope, by=given.by, reason=given.reason)
        return f"{given.scope} is off. {_who_knows(told)}"

    return act


def _lift(given: argparse.Namespace) -> Act:
    async def act(connection: asyncpg.Connection) -> str:
        told = await lift(connection, scope=given.scope, by=given.by)
        if told.scope is None:
            return f"{given.scope} is on again. {_who_knows(told)}"
        return f"{given.scope} is still off: lifted by {_names(told.scope)}, {LIFTERS} different persons are needed."

    return act


async def _show(connection: asyncpg.Connection) -> str:
    return "\n".join(map(_line, await state(connection))) or "Nothing is off."


def _line(off: TurnedOff) -> str:
    lifted = f"; lifted so far by {_names(off)}" if off.lifted_by else ""
    return f"{off.scope} is off since {off.at:%Y-%m-%d %H:%M:%S} UTC, by {off.by}: {off.reason}{lifted}"


def _names(off: TurnedOff) -> str:
    return " and ".join(off.lifted_by) or "nobody"


def _who_knows(told: Told) -> str:
    if not told.silent:
        return f"Every service knows ({told.services})."
    return (
        f"{told.silent} of {told.services} services did not say that they know. {OLDEST_SECONDS:.0f} seconds have passed: "
        "what has not read it by now has closed itself."
    )
