"""Folkeregisteret's stand-in: everybody's registration now, and the feed of what has happened to them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import msgspec

from helsekort.sandbox.people import AddressProtection, People, Practitioner, Relative, Woman

EventKind = Literal["doedsfall", "adressebeskyttelse", "nyttNummer", "sammenslaaing"]


class CannotHappen(Exception):
    """There is no number that this event could give her."""


class Event(msgspec.Struct, frozen=True, omit_defaults=True):
    """One event of the person register, as its feed tells it; `tidligereIdentifikator` is a number that now means the other."""

    sekvensnummer: int
    hendelse: EventKind
    identifikator: str
    status: Literal["bosatt", "doed"]
    adressegradering: AddressProtection
    tidligereIdentifikator: str | None = None  # noqa: N815 - the wire's name


@dataclass(frozen=True, slots=True)
class Registration:
    """A person as the register has her now."""

    name: str
    deceased: bool
    address_protection: AddressProtection


class PersonRegister:
    """Everybody's registration: the people file, and every event since, kept in the data folder."""

    def __init__(self, people: People, events_file: Path) -> None:
        self._file = events_file
        self._now: dict[str, str] = {}
        others: list[Practitioner | Relative] = [*people.practitioners, *people.relatives]
        self._persons = {
            p.nin: Registration(p.name, deceased=False, address_protection="ugradert") for p in others
        }
        for woman in people.women:
            for number in filter(None, (woman.nin, woman.other_nin)):
                self._persons[number] = Registration(woman.name, False, woman.address_protection)  # noqa: FBT003
        self.events: list[Event] = []
        if events_file.exists():
            for event in msgspec.json.decode(events_file.read_bytes(), type=list[Event]):
                self._apply(event)

    def find(self, nin: str) -> Registration | None:
        """The registration of a number, an earlier one too; None where nobody has it."""
        return self._persons.get(self.number_of(nin))

    def number_of(self, nin: str) -> str:
        """The number that whoever has or had this one has now."""
        return self._now.get(nin, nin)

    def alive(self, woman: Woman) -> bool:
        """True until her death is registered."""
        return not self._persons[self.number_of(woman.nin)].deceased

    def happen(self, woman: Woman, kind: EventKind, protection: AddressProtection) -> None:
        """Registers an event; one that changes nothing is none. Raises CannotHappen."""
        number = self.number_of(woman.nin)
        earlier, number = self._renumbered(woman, kind, number)
        now = self._persons[self.number_of(woman.nin)]
        deceased = now.deceased or kind == "doedsfall"
        grade = protection if kind == "adressebeskyttelse" else now.address_protection
        if not earlier and replace(now, deceased=deceased, address_protection=grade) == now:
            return
        status: Literal["bosatt", "doed"] = "doed" if deceased else "bosatt"
        self._apply(Event(len(self.events) + 1, kind, number, status, grade, earlier or None))
        self._store()

    def _renumbered(self, woman: Woman, kind: EventKind, number: str) -> tuple[str, str]:
        """The number that becomes an earlier one, empty where none does, and the one that she has then."""
        planned = {"nyttNummer": woman.next_nin, "sammenslaaing": woman.other_nin}
        if kind not in planned:
            return "", number
        if not planned[kind] or planned[kind] in self._now or planned[kind] == number:
            raise CannotHappen
        return (number, planned[kind]) if kind == "nyttNummer" else (planned[kind], number)

    def _apply(self, event: Event) -> None:
        number, earlier = event.identifikator, event.tidligereIdentifikator
        if earlier is not None:
            was = self._persons.pop(earlier)
            self._persons.setdefault(number, was)
            moved = [old for old, now in self._now.items() if now == earlier]
            self._now |= dict.fromkeys([earlier, *moved], number)
        name = self._persons[number].name
        self._persons[number] = Registration(name, event.status == "doed", event.adressegradering)
        self.events.append(event)

    def _store(self) -> None:
        self._file.parent.mkdir(parents=True, exist_ok=True)
        beside = self._file.with_suffix(".new")
        beside.write_bytes(msgspec.json.encode(self.events))
        beside.replace(self._file)
