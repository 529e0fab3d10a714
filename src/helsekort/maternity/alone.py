"""What is wrong with a resource as a value of the card, as far as it tells by itself: before it is sent, nothing is known of it.

What it refers to is taken to be what it should be: the visit it names is one, and what a value is derived from is a measurement.
"""

from __future__ import annotations

from uuid import UUID

from helsekort.fhir.shapes import Resource
from helsekort.maternity.body import Body
from helsekort.maternity.identity import value_id
from helsekort.maternity.places import HEIGHTS, Visits, check_components, place_of

_SOME = UUID(int=0)
_VISIT = "visit"
_MEASUREMENT = value_id(_SOME, HEIGHTS, str(_SOME), _SOME.bytes)
_TAKEN = {
    "encounter": {"reference": f"Encounter/{_VISIT}"},
    "derivedFrom": [{"reference": f"Observation/{_MEASUREMENT}"}],
}


def check_alone(resource: Resource, noted: Body, path: str) -> None:
    """Notes what cannot be true of a valid resource in the place that its codes say."""
    visits = Visits(())
    visits.add(_VISIT, _SOME)
    taken = {name: one for name, one in _TAKEN.items() if name in resource}
    place_of(resource | taken, visits, noted, path)
    check_components(resource, noted, path)
