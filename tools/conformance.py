"""HL7's own validator over the implementation guide, its examples and what a running service answers for every fictional woman.

  python -m tools.conformance CLASSPATH [PORT]      Java's class path of the validator; the port of a demo that runs already

An error fails. A warning fails unless guide/conformance/explained.toml says why it stands, and so does a row there that explains
nothing any more. The validator asks no server: codes of LOINC and SNOMED CT are not looked up.
"""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from helsekort.maternity.catalogue import CATALOGUE
from helsekort.maternity.profiles import profile_of
from helsekort.maternity.resources import slot_of

Json = dict[str, Any]
GUIDE = Path("guide/fsh-generated/resources")
EXAMPLES = Path("guide/fsh-generated/examples")
EXPLAINED = Path("guide/conformance/explained.toml")
WORK = Path(".dev/conformance")
LIGHT = ("-Xmx4g", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Dfile.encoding=UTF-8")
SHOWN = 40
"""How many of the unexplained are printed."""


@dataclass(frozen=True, slots=True)
class Message:
    """One thing the validator has to say of a file."""

    severity: str
    file: str
    location: str
    id: str
    text: str

    def __str__(self) -> str:
        return f"{self.severity}: {self.file} {self.location}\n    {self.text} [{self.id}]"


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why messages of a kind stand: patterns of the validator's id, of its text and of the file, and the reason."""

    why: str
    id: re.Pattern[str]
    text: re.Pattern[str]
    file: re.Pattern[str]

    def explains(self, one: Message) -> bool:
        """Whether a message is of this kind."""
        return bool(self.id.fullmatch(one.id) and self.text.search(one.text) and self.file.search(one.file))


def explanations(text: str) -> list[Explanation]:
    """The explanations in the order of the file."""
    rows = tomllib.loads(text)["explained"]
    return [
        Explanation(row["why"], *(re.compile(row.get(name, ".*")) for name in ("id", "text", "file")))
        for row in rows
    ]


def messages(classpath: str, files: Iterable[Path]) -> list[Message]:
    """What the validator says of the files; ends the program with its words where it cannot be run."""
    command = ["java", *LIGHT, f"-Duser.home={Path('.dev/fhir').resolve()}", "-cp", classpath]
    done = subprocess.run(
        [*command, "guide/conformance/Conformance.java", str(GUIDE), *map(str, files)],
        check=False,
        capture_output=True,
        encoding="utf-8",
    )
    if done.returncode != 0:
        raise SystemExit(f"The validator failed:\n{done.stderr[-4000:]}")
    return [Message(*line.split("\t", 4)) for line in done.stdout.splitlines()]


def claimed(path: Path) -> Path:
    """The same answer claiming for each resource that claims none the profile that holds for it."""
    answer: Json = msgspec.json.decode(path.read_bytes())
    resources = [entry["resource"] for entry in answer.get("entry", ()) if "resource" in entry]
    for one in resources or [answer]:
        placed = one["resourceType"] in {"Observation", "Condition"}
        profile = profile_of(one, CATALOGUE.fields.get(slot_of(one).key) if placed else None)
        if profile is not None:
            one.setdefault("meta", {}).setdefault("profile", [profile])
    path.write_bytes(msgspec.json.encode(answer))
    return path


def dangling(path: Path) -> list[Message]:
    """The references of a Bundle of a whole record that lead to nothing in it."""
    answer: Json = msgspec.json.decode(path.read_bytes())
    resources = [entry["resource"] for entry in answer.get("entry", ()) if "resource" in entry]
    known = {f"{one['resourceType']}/{one['id']}" for one in resources}
    return [
        Message(
            "error",
            str(path),
            f"{one['resourceType']}/{one['id']}",
            "dangling",
            f"{to} is not in the Bundle.",
        )
        for one in resources
        for to in references(one)
        if "/_history/" not in to and not to.startswith("#") and to not in known
    ]


def references(value: object) -> Iterable[str]:
    """Every literal reference in a resource, at any depth."""
    if isinstance(value, dict):
        if isinstance(to := value.get("reference"), str):
            yield to
        for one in value.values():
            yield from references(one)
    elif isinstance(value, list):
        for one in value:
            yield from references(one)


def ask_service(port: list[str]) -> list[Path]:
    """The answers of a running service, as files."""
    folder = WORK / "served"
    shutil.rmtree(folder, ignore_errors=True)
    subprocess.run(
        [sys.executable, "-m", "tools.served", str(folder), *port], check=True, stdout=subprocess.DEVNULL
    )
    return [path for path in sorted(folder.glob("*/*.json")) if path.parent.name != "demo"]


def judge(found: list[Message], known: list[Explanation]) -> int:
    """Print what is wrong; 1 where anything is."""
    explained: Counter[Explanation] = Counter()
    wrong: list[Message] = []
    for one in found:
        if one.severity == "information":
            continue
        reason = next((row for row in known if row.explains(one)), None)
        if one.severity == "warning" and reason is not None:
            explained[reason] += 1
        else:
            wrong.append(one)
    for reason, count in explained.items():
        print(f"{count:6} warnings: {reason.why}")
    stale = [row for row in known if row not in explained]
    for row in stale:
        print(f"{EXPLAINED}: nothing needs this explanation any more: {row.why}")
    print(*map(str, wrong[:SHOWN]), sep="\n")
    if wrong:
        kinds = Counter((one.severity, one.id) for one in wrong)
        print(
            f"{len(wrong)} errors and unexplained warnings: "
            + ", ".join(f"{n} {id_} ({s})" for (s, id_), n in kinds.items())
        )
    return 1 if wrong or stale else 0


def main(arguments: list[str]) -> int:
    """Ask the service and the validator, and judge."""
    classpath, *port = arguments
    answers = ask_service(port)
    examples = sorted(EXAMPLES.glob("*.json"))
    records = [*examples, *(path for path in answers if "everything" in path.name)]
    whole = [one for path in records for one in dangling(path)]
    # The guide last: once the validator has checked its value sets, it knows fewer codes of other lists.
    files = [*(claimed(path) for path in answers), *examples, *sorted(GUIDE.glob("*.json"))]
    said = messages(Path(classpath).read_text(encoding="utf-8"), files)
    print(
        f"{len(files)} files, {len(answers)} of them a running service's answers, {len(examples)} examples."
    )
    return judge([*whole, *said], explanations(EXPLAINED.read_text(encoding="utf-8")))


if __name__ == "__main__":
    os.chdir(Path(__file__).parents[1])
    sys.exit(main(sys.argv[1:]))
