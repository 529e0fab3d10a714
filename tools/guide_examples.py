"""The guide's examples: the record of every fictional woman who has one, as FHIR, the same at every build.

  python -m tools.guide_examples FOLDER      one Bundle of type collection for each woman, by her name in the sandbox

What is on her card follows from the sandbox's stories, written through the maternity record's own rules on a fixed day; what an
EHR can send by FHIR alone, from guide/examples. Each resource claims the profile that holds for it.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from string import Template
from uuid import UUID

import msgspec

from helsekort.access.act import Act, Action
from helsekort.access.actor import Actor, ActorKind
from helsekort.basics import strict_json
from helsekort.basics.ids import time_ordered_id
from helsekort.basics.nin import NationalIdentityNumber
from helsekort.basics.refusal import Issue
from helsekort.fhir.entries import read_bundle
from helsekort.fhir.requests import Write
from helsekort.fhir.shapes import Json, Resource
from helsekort.fhir.shelf import Entry, Shelf
from helsekort.fhir.transaction import Plan, Terms, plan
from helsekort.ledger.view import PersonState, Propose, RecordState, View
from helsekort.maternity import card
from helsekort.maternity.catalogue import CATALOGUE
from helsekort.maternity.identity import short
from helsekort.maternity.part import decode
from helsekort.maternity.placing import NewResourceId, propose
from helsekort.maternity.profiles import profile_of
from helsekort.maternity.resources import slot_of
from helsekort.maternity.shelf import ViewShelf, shelf_of
from helsekort.maternity.signing import SERVER_OWNED
from helsekort.sandbox.people import People, Woman, fictional_people
from helsekort.sandbox.stories import DATED, Pregnancy, Step, ending, first_sections, later_steps

SENT = Path("guide/examples")
BASE = "https://helsekort.example/fhir/r4"
TODAY = date(2026, 11, 16)
"""The day the stories are told on: what a midwife sends of Frida (guide/examples) was found in the weeks before."""
_PLACED = frozenset({"Observation", "Condition"})


class Told:
    """A woman's record as it is written, in memory: what the door and the ledger would do, with ids and times of its own."""

    def __init__(self, woman: Woman, people: People) -> None:
        number = people.women.index(woman) + 1
        self._given = number << 32
        self._people = people
        self.nin = NationalIdentityNumber.parse(woman.nin, allow_synthetic=True)
        self.record, person = self._new_id(), self._new_id()
        self.person = PersonState(
            person=person,
            consented=True,
            deceased=woman.plan == "deceased",
            confidential_address=False,
            active_record=self.record,
            latest_record=self.record,
            last_changed=None,
        )
        self._at = datetime.min.replace(tzinfo=UTC)
        self._t, self._active = 0, True
        self._parts: dict[str, bytes] = {}
        self._segments: dict[str, bytes] = {}

    def _new_id(self) -> UUID:
        self._given += 1
        milliseconds = int(datetime(2026, 1, 1, tzinfo=UTC).timestamp() * 1000) + self._given % 2**32
        return time_ordered_id(milliseconds, self._given.to_bytes(10, "big"))

    @property
    def view(self) -> View:
        """The record as the ledger would hand it out."""
        state = RecordState(self.record, self._t, self._active, created=self._at, changed=self._at)
        return View(self.person, state, dict(self._segments), dict(self._parts))

    @property
    def shelf(self) -> ViewShelf:
        """What her clinicians see."""
        return shelf_of(self.view, number=self.nin)

    def do(self, change: Callable[[card.Stamp], Propose], *, by: str, on: date) -> None:
        """One commit by the practitioner of that name, in the morning of a day, or just after the one before."""
        self._at = max(self._at + timedelta(minutes=1), datetime.combine(on, time(9), UTC))
        stamp = card.Stamp(self._at, _author(self._people, by), self._new_id)
        made = change(stamp)(self.view, self.record, self._t + 1)
        self._t, self._active = self._t + 1, made.active
        self._parts |= made.parts
        self._segments |= made.segments

    def step(self, step: Step, *, on: date) -> None:
        """One call of the JSON contract."""
        if not step.replaces:
            self.do(lambda now: card.post_section(step.section, step.content, now), by=step.ehr, on=on)
            return
        seen = {"metadata": {"version": decode(self._parts[step.section]).version}}
        self.do(
            lambda now: card.put_section(step.section, None, step.content | seen, now), by=step.ehr, on=on
        )

    def send(self, writes: Sequence[Write], *, by: str, on: date) -> None:
        """One transaction of the FHIR API."""
        act = Act(
            actor=Actor(ActorKind.PRACTITIONER, name=by, client_id="ehr"),
            action=Action.WRITE_RESOURCES,
            patient=self.nin,
            at=self._at,
            event_id="",
            record=self.record,
        )

        def plan_of(shelf: Shelf, new_id: NewResourceId) -> Plan:
            return plan(shelf, writes, new_id=new_id, now=self._at, terms=_TERMS)

        self.do(lambda now: propose(plan_of, now, act), by=by, on=on)


def _no_search(kind: str, criteria: str, shelf: Shelf) -> Sequence[Entry]:
    raise LookupError(f"{kind}?{criteria}: nothing in an example is conditional")


def _right(resource: Resource, where: str) -> Iterable[Issue]:
    return ()  # the examples are validated as they come out


_TERMS = Terms(find=_no_search, check=_right, own=SERVER_OWNED, first=("EpisodeOfCare", "Encounter"))


def _author(people: People, key: str) -> card.Author:
    person = people.practitioner(key)
    place = people.organisation(person.organisation)
    return card.Author(
        "HEALTH_CARE_PROFESSIONAL",
        place.number,
        place.name,
        "",
        person.hpr_number,
        person.authorisations[0],
        person.name,
    )


def with_a_record(people: People) -> list[Woman]:
    """The women who have a record once the sandbox is loaded."""
    return [one for one in people.women if one.consents and one.plan not in {"nothing", "withdrawn"}]


def told(woman: Woman, people: People) -> Told:
    """Her record as her story and what is sent of her make it."""
    pregnancy, made = Pregnancy.of(woman, TODAY), Told(woman, people)
    sections = strict_json.parse(strict_json.dump(first_sections(pregnancy, people)))
    begun = min(pregnancy.first_day + timedelta(weeks=8), pregnancy.last_day)
    made.do(lambda now: card.create_record(sections, now), by="gp", on=begun)
    for step in later_steps(pregnancy):
        day = step.content.get(DATED.get(step.section, ""))
        made.step(_exact(step), on=date.fromisoformat(day) if day else begun)
    if (end := ending(pregnancy)) is not None:
        made.do(lambda now: card.update_status(end, now), by="hospital", on=pregnancy.last_day)
    if (path := SENT / f"{woman.key}.json").exists():
        made.send(_writes(path, made), by="midwife", on=TODAY)
    return made


def _exact(step: Step) -> Step:
    return Step(step.ehr, step.section, strict_json.parse(strict_json.dump(step.content)), step.replaces)


def _writes(path: Path, made: Told) -> list[Write]:
    ids = {"record": made.record, "person": made.person.person, "short": short(made.record)}
    sent = strict_json.parse(Template(path.read_text(encoding="utf-8")).substitute(ids).encode())
    entries = read_bundle(sent, lambda _kind, _interaction: True).entries
    return [one for one in entries if isinstance(one, Write)]


def example(woman: Woman, people: People) -> Json:
    """Her record as a Bundle of type collection; who registered what is in each resource, and its Provenance is left out."""
    made = told(woman, people)
    resources = [one.resource for one in made.shelf.all() if one.kind != "Provenance"]
    return {
        "resourceType": "Bundle",
        "id": f"example-{woman.key}",
        "language": "nb",
        "type": "collection",
        "entry": [
            {"fullUrl": f"{BASE}/{one['resourceType']}/{one['id']}", "resource": _claiming(one)}
            for one in resources
        ],
    }


def _claiming(resource: Resource) -> Resource:
    """The resource with the profile that holds for it."""
    placed = resource["resourceType"] in _PLACED
    profile = profile_of(resource, CATALOGUE.fields.get(slot_of(resource).key) if placed else None)
    meta = resource.get("meta", {})
    return resource if profile is None else resource | {"meta": meta | {"profile": [profile]}}


def main(arguments: list[str]) -> int:
    """Write every example: FOLDER."""
    folder, people = Path(arguments[0]), fictional_people()
    folder.mkdir(parents=True, exist_ok=True)
    for woman in with_a_record(people):
        made = strict_json.dump(example(woman, people))
        (folder / f"{woman.key}.json").write_bytes(msgspec.json.format(made, indent=1) + b"\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
