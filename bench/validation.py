"""Validation by itself, in this process: microseconds for an Observation with its profile, and for thirty resources."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from statistics import median
from typing import Any

from bench.fhir_bodies import transaction
from bench.fhir_traffic import day_of
from bench.people import drawn_id
from helsekort.app import DEFINITION_FILES
from helsekort.fhir.definitions import read
from helsekort.fhir.validation import Validator
from helsekort.maternity.profiles import profile_of

ROUNDS, BUNDLES, ENTRIES = 5, 40, 30
Resource = dict[str, Any]


def measured() -> dict[str, float]:
    """CPU microseconds, the middle of five rounds over resources that are all different."""
    chance = random.Random(1)  # noqa: S311 the same resources each time
    bundles = [thirty(n, chance) for n in range(BUNDLES)]
    observations = [one for bundle in bundles for one in bundle if one["resourceType"] == "Observation"]
    validator = Validator(read(*DEFINITION_FILES))

    def judge(resource: Resource) -> None:
        profile = profile_of(resource)
        found = validator.validate(resource, () if profile is None else (profile,))
        if found:
            raise ValueError(f"A resource of the benchmark is not valid: {found[0]}")

    def judge_all(bundle: list[Resource]) -> None:
        for one in bundle:
            judge(one)

    return {
        "observation_us": middle_of(judge, observations),
        f"bundle_of_{ENTRIES}_us": middle_of(judge_all, bundles),
    }


def thirty(index: int, chance: random.Random) -> list[Resource]:
    """The resources of two visits."""
    person, record = str(drawn_id(index, "person")), drawn_id(index, "record")
    visits = [transaction(person, record, day_of(chance), chance) for _ in range(2)]
    return [entry["resource"] for visit in visits for entry in visit["entry"]]


def middle_of(work: Callable[[Any], None], items: list[Any]) -> float:
    """What one item costs."""
    costs = []
    for _ in range(ROUNDS + 1):
        begun = time.process_time()
        for one in items:
            work(one)
        costs.append((time.process_time() - begun) / len(items) * 1e6)
    return round(median(costs[1:]), 1)  # the first makes what it needs
