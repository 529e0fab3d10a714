"""Which pregnancy a resource belongs to, told by its id alone."""

from __future__ import annotations

from uuid import UUID

from helsekort.maternity.episodes import episode_of, episode_parameter
from helsekort.maternity.identity import episode_id, free_id


def test_the_pregnancy_a_resource_belongs_to() -> None:
    record = UUID("0f1e2d3c-0000-4000-8000-00000000000a")
    visit = {
        "resourceType": "Observation",
        "id": free_id(record, UUID("0f1e2d3c-0000-4000-8000-00000000000b")),
    }
    assert episode_of(visit) == [{"reference": f"EpisodeOfCare/{episode_id(record)}"}]
    assert episode_of({"resourceType": "Patient", "id": "0f1e2d3c"}) == []
    parameter = episode_parameter("Observation")
    assert (parameter.code, parameter.base, parameter.targets) == (
        "episode-of-care",
        "Observation",
        ("EpisodeOfCare",),
    )
