"""Every resource of a record can be searched for by the pregnancy it belongs to, which its id tells.

R4 has the search parameter `episode-of-care` on Encounter only, and no element for it in the others.
"""

from __future__ import annotations

from typing import Any

from helsekort.fhir.search.parameter import SearchParameter
from helsekort.fhir.shapes import Resource
from helsekort.maternity.identity import episode_id, record_of
from helsekort.maternity.uris import BASE

EPISODE_OF_CARE = "episode-of-care"


def episode_parameter(kind: str) -> SearchParameter:
    """The search parameter `episode-of-care` of a kind whose resources belong to one record."""
    return SearchParameter(
        EPISODE_OF_CARE,
        "reference",
        "",
        targets=("EpisodeOfCare",),
        base=kind,
        derive=episode_of,
        url=f"{BASE}/SearchParameter/{EPISODE_OF_CARE}",
    )


def episode_of(resource: Resource) -> list[Any]:
    """A reference to the pregnancy's EpisodeOfCare; none for what belongs to no record."""
    record = record_of(resource["resourceType"], resource["id"])
    return [] if record is None else [{"reference": f"EpisodeOfCare/{episode_id(record)}"}]
