"""Search by GET and by POST, of a type and in her compartment, over each of her records."""

from __future__ import annotations

from helsekort.fhir.definitions import Definitions
from helsekort.fhir.offering import Offering
from helsekort.fhir.search.parameter import Offered, standard_parameters


def searchable(offering: Offering, definitions: Definitions) -> Offered:
    """The search parameters that are offered, by kind and code."""
    known = {one.kind: standard_parameters(definitions, one.kind) for one in offering.types}
    return {one.kind: {code: known[one.kind][code] for code in one.parameters} for one in offering.types}
