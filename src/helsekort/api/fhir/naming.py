"""Whom a request is about: told by an id in the path or a parameter, or by her number in a body, never in an address."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from helsekort.api.fhir.call import Call
from helsekort.api.fhir.work import Named
from helsekort.basics.nin import InvalidNationalIdentityNumber, NationalIdentityNumber
from helsekort.basics.number_in_text import holds_national_identity_number
from helsekort.basics.refusal import Issue, Kind, Refused
from helsekort.fhir.search.asked import name_of
from helsekort.maternity.identity import person_of, record_of

_SYSTEMS = frozenset({"urn:oid:2.16.578.1.12.4.1.4.1", "urn:oid:2.16.578.1.12.4.1.4.2"})
"""Fødselsnummer and D-nummer, as no-basis names them."""
_REVERSED = frozenset({"not", "not-in", "missing"})
_KINDS = {
    "patient": "Patient",
    "subject": "Patient",
    "encounter": "Encounter",
    "episode-of-care": "EpisodeOfCare",
    "context": "Encounter",
    "_id": "",
}
"""What kind of resource a parameter's value is the id of, where it does not say so itself; "" is the kind searched for."""

NOT_TOLD = Issue(
    "The request does not tell whose record it is about.",
    "nhn-patient-nin",
    "Send the header, or name the woman or her record by id: patient=Patient/..., episode-of-care=EpisodeOfCare/...; in the "
    "body of a POST _search by patient.identifier.",
)
_ID = re.compile(rb"[A-Za-z0-9\-.]{1,64}")
_ENCODED = re.compile(rb"%[0-9A-Fa-f]{2}")
_NEEDLESS = re.compile(rb"[A-Za-z0-9\-._~$]")
_ELEVEN_DIGITS = re.compile(rb"[0-9](?:[-.]?[0-9]){10}")
_UUID = re.compile(rb"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_SEVERAL = "One request is about one woman."


def read_id(segment: bytes) -> str | None:
    """An id as FHIR writes it; None for what is none, and for what may be a national identity number, which is looked into."""
    if _UUID.fullmatch(segment):
        return segment.decode("ascii")
    if not _ID.fullmatch(segment) or _ELEVEN_DIGITS.search(segment):
        return None
    return segment.decode("ascii")


def plain_path(path: bytes) -> bytes:
    """The path without percent-encoding where that means nothing: of unreserved characters (RFC 3986 section 6.2.2.2).

    The dollar sign too, which is not one of them: many clients encode it, and in our paths it is nothing but a letter.

    >>> plain_path(b"/EpisodeOfCare/019b%2D7c3e/%24everything"), plain_path(b"/a%2Fb")
    (b'/EpisodeOfCare/019b-7c3e/$everything', b'/a%2Fb')
    """
    return _ENCODED.sub(lambda found: _decoded(found[0]), path)


def _decoded(triplet: bytes) -> bytes:
    byte = bytes([int(triplet[1:], 16)])
    return byte if _NEEDLESS.fullmatch(byte) else triplet


def by_id(call: Call) -> Named:
    """By the id in the path."""
    return of_id(call.route.kind, call.ids[0])


def of_id(kind: str, id_: str) -> Named:
    """By a resource's id; raises NO_SUCH_RESOURCE for what is no id of ours."""
    person, record = person_of(kind, id_), record_of(kind, id_)
    if person is None and record is None:
        raise Refused(Kind.NO_SUCH_RESOURCE, [Issue("This is not an id of this service.", "id")])
    return Named(() if record is None else (record,), person)


def by_compartment(call: Call) -> Named:
    """By the woman in the path; the parameters may name a record of hers."""
    return Named(by_parameters(call).records, of_id("Patient", call.ids[0]).person)


def by_parameters(call: Call) -> Named:
    """By the parameters of a search; nobody where the header alone can tell."""
    return named_in(call.parameters, kind=call.route.kind, base=call.base, synthetic=call.api.allow_synthetic)


def named_in(parameters: Iterable[tuple[str, str]], *, kind: str, base: str, synthetic: bool) -> Named:
    """Whom search parameters name: one woman, and the records of what they refer to."""
    given = list(parameters)
    ids = list(_ids(given, kind, base))
    persons = {found for one in ids if (found := person_of(*one))}
    records = sorted({found for one in ids if (found := record_of(*one))})
    numbers = set(_numbers(given, kind, synthetic=synthetic))
    if len(persons) > 1 or len(numbers) > 1:
        raise Refused(Kind.INVALID_PARAMETER, [Issue(_SEVERAL, "patient")])
    return Named(tuple(records), next(iter(persons), None), next(iter(numbers), None))


def _ids(parameters: Iterable[tuple[str, str]], kind: str, base: str) -> Iterator[tuple[str, str]]:
    """Every value that may be a reference, as kind and id."""
    for name, value in parameters:
        last = name.partition(":")[0].rpartition(".")[2]
        modifier = name.partition(":")[2].partition(".")[0]
        if modifier in _REVERSED:
            continue
        for one in value.split(","):
            of, _, id_ = one.removeprefix(f"{base}/").rpartition("/")
            if of:
                yield of, id_
            elif last in _KINDS or modifier.istitle():
                yield modifier if modifier.istitle() else _KINDS[last] or kind, id_


def without_numbers(parameters: Iterable[tuple[str, str]], kind: str) -> list[tuple[str, str]]:
    """The parameters but those that find her by her number; one that holds a number anywhere else is refused."""
    left = [(name, value) for name, value in parameters if not _is_number(name, value, kind)]
    if holds_national_identity_number("&".join(f"{name}={value}" for name, value in left)):
        wrong = [name for name, value in left if holds_national_identity_number(f"{name}={value}")]
        issues = [Issue("A national identity number does not belong here.", name_of(name)) for name in wrong]
        raise Refused(Kind.INVALID_NIN, issues)
    return left


def _is_number(name: str, value: str, kind: str) -> bool:
    """True for what finds a woman by her number: `patient.identifier`, or a Patient's `identifier`, with its system or none."""
    if "identifier" not in name:
        return False
    plain = name.replace(":Patient", "").replace(":identifier", ".identifier")
    names_her = plain in {"patient.identifier", "subject.identifier"} or (kind, plain) == (
        "Patient",
        "identifier",
    )
    system, bar, _ = value.rpartition("|")
    return names_her and (not bar or system in _SYSTEMS)


def _numbers(
    parameters: Iterable[tuple[str, str]], kind: str, *, synthetic: bool
) -> Iterator[NationalIdentityNumber]:
    """Every national identity number in a form that finds a woman."""
    for name, value in parameters:
        if not _is_number(name, value, kind):
            continue
        try:
            yield NationalIdentityNumber.parse(value.rpartition("|")[2], allow_synthetic=synthetic)
        except InvalidNationalIdentityNumber as error:
            raise Refused(Kind.INVALID_NIN, [Issue(f"{str(error).capitalize()}.", name_of(name))]) from None
