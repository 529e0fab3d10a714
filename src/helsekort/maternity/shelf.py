"""A record as a shelf of FHIR resources: what is left of a view after redaction, each part opened only when it is looked into.

What is stored is what is answered, so resources are sliced out of a part and not parsed.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

from helsekort.basics.nin import NationalIdentityNumber
from helsekort.basics.once import once
from helsekort.fhir.shelf import Entry, holds
from helsekort.ledger.view import Further, View
from helsekort.maternity.belonging import SUBJECTS
from helsekort.maternity.catalogue import CATALOGUE
from helsekort.maternity.history import resource_versions
from helsekort.maternity.identity import RESOURCES, parts_of
from helsekort.maternity.projections import PROJECTED, fetuses, patient, people_and_places, provenance
from helsekort.maternity.slicing import GLIMPSED, entries_of, find_in, glimpsed, is_emptied


def shelf_of(view: View, *, number: NationalIdentityNumber | None = None) -> ViewShelf:
    """The shelf of a view that may be shown; `number` is the woman's, as the act has it, for her Patient."""
    return ViewShelf(view, number)


def without(resources: Collection[tuple[str, str]]) -> Further | None:
    """Whether one of the resources, by kind and id, is not there: then the commits tell whether it was."""
    if not resources:
        return None
    return lambda view: any(shelf_of(view).get(kind, id_) is None for kind, id_ in resources)


def parts_with_code(codes: Iterable[str]) -> frozenset[str] | None:
    """The sections whose parts may hold a resource with one of the codes as its `code`; None where it may be any.

    A hint for `Query.parts`. A resource stands in a section only where the section has a field that all its known codes may mean.
    """
    sections = [_SECTIONS_OF.get(code) for code in codes]
    known = [one for one in sections if one is not None]
    return _FREE.union(*known) if known and len(known) == len(sections) else None


_FREE = frozenset({f"{RESOURCES}/"})


def _sections_of() -> Mapping[str, set[str]]:
    found: dict[str, set[str]] = {}
    for field in CATALOGUE.fields.values():
        for code in (field.key, *(one.code for one in field.codes)):
            found.setdefault(code, set()).update((field.section, f"{field.section}/"))
    return found


_SECTIONS_OF = _sections_of()


class ViewShelf:
    """What is stored of a record, and what is made of it, in an order that stays: by part, and in a part as it is stored."""

    def __init__(self, view: View, number: NationalIdentityNumber | None) -> None:
        self._view = view
        self._number = number

    def get(self, kind: str, id: str) -> Entry | None:  # noqa: A002 - FHIR's name for it
        """The resource of that kind and id; only the parts where it can be are opened."""
        if kind in PROJECTED:
            return self._projected(kind, id)
        parts = self._view.parts
        for key in parts_of(kind, id):
            if key in parts and (found := find_in(parts[key], kind, id)) is not None:
                return found
        return None

    def of_kind(
        self, kind: str, holding: Sequence[bytes] = (), elements: frozenset[str] = frozenset()
    ) -> Iterable[Entry]:
        """Every resource of a kind that has one of the texts in its JSON; where it may, only in the elements."""
        if kind in PROJECTED:
            return (one for one in self._made[kind]() if holds(one.raw, holding))
        if holding and elements and elements <= GLIMPSED:
            return self._glimpsed(kind, holding)
        return self._stored(kind, holding)

    def all(self) -> Iterator[Entry]:
        """Every resource: her first, then the fetuses, those who registered, what is stored, and the provenance of each."""
        yield self._patient
        stored = self._everything
        yield from self._fetuses
        yield from self._named
        yield from stored
        yield from self._provenances()

    def gone(self, kind: str, id: str) -> bool:  # noqa: A002 - FHIR's name for it
        """True for a resource that was there and was deleted, as far as the view can tell: fully where it has the commits."""
        versions = resource_versions(self._view.commits, kind, id)
        if versions:
            return versions[-1].entry is None
        stored = (self._view.parts.get(key) for key in parts_of(kind, id))
        return any(is_emptied(one) for one in stored if one is not None)

    def common(self, kind: str, element: str) -> str | None:
        """Whose it is: the woman's, in everything that is stored of a kind with a subject (belonging.py lets nothing else in)."""
        return f"Patient/{self._view.person.person}" if SUBJECTS.get(kind) == element else None

    def _stored(self, kind: str = "", holding: Sequence[bytes] = ()) -> Iterator[Entry]:
        parts = self._view.parts
        for key in sorted(parts):
            yield from entries_of(parts[key], kind, holding)

    def _glimpsed(self, kind: str, texts: Sequence[bytes]) -> list[Entry]:
        parts, found = self._view.parts, list[Entry]()
        for key in sorted(parts):
            found += glimpsed(parts[key], kind, texts)
        return found

    def _projected(self, kind: str, id_: str) -> Entry | None:
        if kind == "Patient":
            return self._patient if id_ == self._patient.id else None
        if kind == "Provenance":
            return self._provenance(id_)
        return next((one for one in self._made[kind]() if one.id == id_), None)

    def _provenance(self, id_: str) -> Entry | None:
        """Whatever kind its target is of: it has the target's id."""
        parts = self._view.parts
        for key in parts_of("Provenance", id_):
            for entry in entries_of(parts[key], holding=(id_.encode(),)) if key in parts else ():
                if entry.id == id_:
                    return provenance(entry)
        return None

    def _provenances(self) -> Iterator[Entry]:
        return map(provenance, self._everything)

    @once
    def _everything(self) -> list[Entry]:
        return list(self._stored())

    @once
    def _made(self) -> dict[str, Callable[[], Iterator[Entry]]]:
        """How each kind that is not stored is made."""
        return {
            "Patient": lambda: iter((self._patient,)),
            "RelatedPerson": lambda: iter(self._fetuses),
            "Provenance": self._provenances,
        } | {kind: self._named_as(kind) for kind in ("Practitioner", "PractitionerRole", "Organization")}

    def _named_as(self, kind: str) -> Callable[[], Iterator[Entry]]:
        return lambda: (one for one in self._named if one.kind == kind)

    @once
    def _patient(self) -> Entry:
        return patient(self._view, self._number)

    @once
    def _fetuses(self) -> list[Entry]:
        told = b"RelatedPerson/"
        opened = self.__dict__.get("_everything")  # not for this alone
        if opened is None:
            return fetuses(self._view, self._stored(holding=(told,)))
        return fetuses(self._view, [one for one in opened if told in one.raw])

    @once
    def _named(self) -> list[Entry]:
        return list(people_and_places(self._view, self._everything))
