"""The command line: `helsekort COMMAND`. Each room registers its own commands; what is here is how the service starts."""

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import MISSING, Field, fields, replace
from importlib import import_module
from pathlib import Path
from typing import Any

from helsekort.basics.startup import CannotStart
from helsekort.settings import DEFAULT_PORT, Settings, SettingsError, sandbox_settings

ROOMS = {
    "audit": "helsekort.ledger.cli",
    "demo": "helsekort.demo.command",
    "sandbox": "helsekort.sandbox.cli",
    "switch": "helsekort.ledger.switch_command",
}
"""The rooms with a command of their own, by its name."""
PATHS = {"keys", "checkpoints"}
"""The settings that are folders."""


def main() -> None:
    """Run the command that was asked for; what keeps it from starting is one line and exit code 2."""
    asked = sys.argv[1:]
    arguments = parser(asked).parse_args(asked)
    try:
        code = arguments.run(arguments)
    except (CannotStart, SettingsError) as error:
        sys.stderr.write(f"{error}\n")
        code = 2
    sys.exit(code)


def parser(asked: Sequence[str] = ()) -> argparse.ArgumentParser:
    """Every command with its options; other rooms than the one that is asked for are not even imported."""
    whole = argparse.ArgumentParser(prog="helsekort", description="A digital maternity record.")
    commands = whole.add_subparsers(title="commands", metavar="COMMAND", required=True)
    register(commands)
    known = {"serve", *ROOMS}
    for name, room in ROOMS.items():
        if asked[:1] == [name] or not known & set(asked[:1]):
            import_module(room).register(commands)
    return whole


def register(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `serve`: an option for each setting, whose default is the variable HELSEKORT_<SETTING>."""
    serve = commands.add_parser("serve", help="run the service")
    for setting in fields(Settings):
        variable = "HELSEKORT_" + setting.name.upper()
        serve.add_argument(
            "--" + setting.name.replace("_", "-"),
            type=reader(setting),
            default=os.environ.get(variable),
            required=setting.default is MISSING
            and setting.default_factory is MISSING
            and variable not in os.environ,
            help=f"or the variable {variable}",
        )
    serve.set_defaults(run=serve_until_stopped)


def serve_until_stopped(arguments: argparse.Namespace) -> int:
    """Run the service with the settings that were given."""
    given = {s.name: value for s in fields(Settings) if (value := getattr(arguments, s.name)) is not None}
    import_module("helsekort.app").serve(settings_from(given))
    return 0


def reader(setting: "Field[Any]") -> Callable[[str], object]:
    """How the text of an option or a variable becomes the setting's value."""
    if setting.name in PATHS:
        return Path
    if setting.default_factory is not MISSING or isinstance(setting.default, tuple):
        return lambda text: tuple(part.strip() for part in text.split(","))
    return int if isinstance(setting.default, int) else str


def settings_from(given: dict[str, Any]) -> Settings:
    """The settings that were given over the defaults; in a sandbox everything outside is the sandbox's."""
    if "sandbox" not in given:
        return Settings(**given)
    of_sandbox = sandbox_settings(
        database=given["database"],
        keys=given["keys"],
        port=given.get("port", DEFAULT_PORT),
        sandbox=given["sandbox"],
    )
    return replace(of_sandbox, **given)


if __name__ == "__main__":
    main()
