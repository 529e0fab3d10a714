"""What the FHIR API offers of a maternity record: types, search parameters, profiles and operations; stated at /metadata.

Search parameters are FHIR R4's own, by code. What is made from the record (who wrote it, the fetuses, provenance) can be read and
searched for; it has no versions of its own.
"""

from __future__ import annotations

from collections.abc import Iterable

from helsekort.fhir.offering import ALL, MADE, Interaction, Offered, Offering, OperationOffered
from helsekort.maternity.episodes import EPISODE_OF_CARE
from helsekort.maternity.profiles import KINDS, OWN_CODES, profile_of
from helsekort.maternity.uris import BASE, PROFILE

_EVERYWHERE = ("_id", "_lastUpdated", "_profile", "_tag", "_security")
_WRITTEN = frozenset({Interaction.CREATE, Interaction.UPDATE})
_BACKPORT_PROFILE = "http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition"
_UNDELETED = ALL - {Interaction.DELETE}

_STORED: tuple[tuple[str, str], ...] = (
    ("AllergyIntolerance", "patient clinical-status code criticality date identifier recorder verification-status"),
    ("Binary", ""),
    ("CarePlan", "patient subject activity-code category date encounter identifier instantiates-canonical status"),
    ("Condition", ("patient subject category clinical-status code encounter identifier onset-date recorded-date severity "
     "verification-status")),
    ("Consent", "patient category date identifier period status"),
    ("DocumentReference", "patient subject author category date encounter identifier period status type"),
    ("Encounter", ("patient subject class date episode-of-care identifier participant practitioner reason-code "
     "service-provider status type")),
    ("FamilyMemberHistory", "patient code date identifier relationship status"),
    ("Immunization", "patient date identifier location lot-number performer status vaccine-code"),
    ("MedicationStatement", "patient subject category code effective identifier status"),
    ("Observation", ("patient subject based-on category code code-value-concept code-value-date code-value-quantity "
     "code-value-string combo-code combo-code-value-quantity combo-value-quantity component-code component-code-value-quantity "
     "component-value-quantity data-absent-reason date derived-from encounter focus has-member identifier method part-of "
     "performer specimen status value-concept value-date value-quantity value-string")),
    ("Procedure", "patient subject based-on category code date encounter identifier performer status"),
    ("Questionnaire", "date identifier name status title url version"),
    ("QuestionnaireResponse", "patient subject author authored based-on encounter identifier questionnaire source status"),
    ("Task", "patient subject authored-on based-on code encounter focus identifier intent owner period requester status"),
)  # fmt: skip
"""Types that an EHR writes, those that have a place in a record, with the search parameters beside those of every type."""

_MADE: tuple[tuple[str, str, str], ...] = (
    ("Organization", "identifier name", "Made from who has written in the record, one for each record."),
    ("Patient", "identifier", "The woman. Her number is searched for in the body of a POST _search only."),
    ("Practitioner", "identifier name", "Made from who has written in the record, one for each record."),
    ("PractitionerRole", "organization practitioner role", "A practitioner in an organisation, as the record knows them."),
    ("Provenance", "target agent recorded episode-of-care",
     "Who registered a resource, and when. It has the id of its target. R4's `patient` asks for a Patient as target: none is."),
    ("RelatedPerson", "patient identifier relationship episode-of-care", "A fetus of this pregnancy."),
)  # fmt: skip
"""Types that are made when they are asked for, with what a reader has to know."""


_OF_THE_LOG = "_id patient action address agent agent-name agent-role date entity outcome subtype type"


def _profiles(kind: str) -> tuple[str, ...]:
    own = profile_of({"resourceType": kind})
    if kind != "Observation":
        return (own,) if own else ()
    ids = sorted({one.id for one in KINDS} | OWN_CODES)
    return (f"{PROFILE}/maternity-observation", *(f"{PROFILE}/{id_}" for id_ in ids))


def _types() -> tuple[Offered, ...]:
    stored = [
        Offered(kind, ALL, (*_EVERYWHERE, *dict.fromkeys([*codes.split(), EPISODE_OF_CARE])), _profiles(kind))
        for kind, codes in _STORED
    ]
    made = [
        Offered(kind, MADE, ("_id", *codes.split()), _profiles(kind), text) for kind, codes, text in _MADE
    ]
    episode = Offered(
        "EpisodeOfCare",
        _UNDELETED,
        (
            *_EVERYWHERE,
            *["patient", "care-manager", "condition", "date", "identifier", "organization", "status", "type"],
        ),
        _profiles("EpisodeOfCare"),
        "One pregnancy's record. Its id is the recordId of the JSON contract. It is ended, never deleted.",
    )
    subscription = Offered(
        "Subscription",
        frozenset({Interaction.READ, Interaction.SEARCH, Interaction.CREATE, Interaction.DELETE}),
        (),
        (f"{_BACKPORT_PROFILE}/backport-subscription",),
        "Changes of a woman's records, of the caller's own client and place; criteria is a topic, with one woman as filter.",
    )
    log = Offered(
        "AuditEvent",
        frozenset({Interaction.READ, Interaction.SEARCH}),
        tuple(_OF_THE_LOG.split()),
        documentation="Her access log, for the woman herself: who has opened or changed her record, the newest 500 lines.",
    )
    return (*stored, *made, episode, subscription, log)


_FHIR = "http://hl7.org/fhir/OperationDefinition"
_BACKPORT = "http://hl7.org/fhir/uv/subscriptions-backport/OperationDefinition"
_OWN = f"{BASE}/OperationDefinition"
_EVERYTHING = ("_type", "_since", "start", "end", "_count", "at")


_OPERATIONS = (
    OperationOffered(
        "card",
        ("EpisodeOfCare",),
        f"{_OWN}/card",
        "The whole card as a FHIR document, as it is or as it was (at).",
        parameters=("at",),
    ),
    OperationOffered(
        "history",
        ("EpisodeOfCare",),
        f"{_OWN}/history",
        "Every change in the record, the newest first, as a history Bundle.",
        parameters=("_since", "_at", "_count"),
    ),
    OperationOffered(
        "everything",
        ("EpisodeOfCare",),
        f"{_OWN}/everything",
        "Every resource of the record: of some types, changed since, of care given from start to end.",
        parameters=_EVERYTHING,
    ),
    OperationOffered(
        "everything",
        ("Patient",),
        f"{_FHIR}/Patient-everything",
        "Every resource of all of her records: of some types, changed since, of care given from start to end.",
        parameters=_EVERYTHING,
    ),
    OperationOffered(
        "summary",
        ("Patient",),
        "http://hl7.org/fhir/uv/ips/OperationDefinition/summary",
        "The International Patient Summary, with the pregnancy in it.",
        parameters=("profile", "at"),
    ),
    OperationOffered(
        "lastn",
        ("Observation",),
        f"{_FHIR}/Observation-lastn",
        "The newest of each code among what a search finds; max says how many.",
        on_instance=False,
        on_type=True,
        parameters=("max", "_count", "at"),
    ),
    OperationOffered(
        "status", ("Subscription",), f"{_BACKPORT}/backport-subscription-status", "Where it stands."
    ),
    OperationOffered(
        "events", ("Subscription",), f"{_BACKPORT}/backport-subscription-events", "What it has been told."
    ),
)
"""Those that are the same whatever can be written."""


def _operations(types: Iterable[Offered]) -> tuple[OperationOffered, ...]:
    created = tuple(one.kind for one in types if one.interactions >= _WRITTEN)
    return (
        *_OPERATIONS,
        OperationOffered(
            "validate",
            created,
            f"{_FHIR}/Resource-validate",
            "What would be wrong with a resource, before it is sent.",
            on_type=True,
        ),
    )


_TYPES = _types()
OFFERING = Offering(types=_TYPES, operations=_operations(_TYPES), bundles=("transaction", "batch"))
"""Everything that is offered."""
