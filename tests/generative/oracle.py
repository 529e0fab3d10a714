"""Who may do what, said a second time: plain sentences over a small world, and none of the code that decides.

It answers with the contract's code, or "" where the act is let in. The order of the questions is that of the threat model's
"decision order of one request": who, then protection, then her decisions, then consent, then the record.
"""

from dataclasses import dataclass, field
from typing import Literal

Who = Literal["clinician", "machine", "herself", "somebody else", "proxy"]
HERS = {"give-consent", "withdraw-consent", "read-log", "set-wish", "report-lookup"}
LOOKS_BY_RESOURCE = {"read-resources", "search-resources"}
LOOKS = {"read-status", "read-history", "read-record", "read-record-history"} | LOOKS_BY_RESOURCE
CHANGES = {"create-record", "update-status", "write-section", "enter-in-error", "write-resources"}
FOR_ONE_RECORD = LOOKS_BY_RESOURCE | {"read-record", "read-record-history"} | CHANGES - {"create-record"}


@dataclass
class World:
    """One woman as the oracle sees her."""

    consented: bool = False
    deceased: bool = False
    protected: bool = False
    opted_out: bool = False
    not_online: bool = False
    blocked_people: set[str] = field(default_factory=set)
    blocked_places: set[str] = field(default_factory=set)
    blocked_parts: set[str] = field(default_factory=set)
    active: bool = False


@dataclass(frozen=True)
class Asked:
    """One request: by whom (number, places, may the role write), what, on which ground, and about which record."""

    who: Who
    action: str
    hpr: str = ""
    places: frozenset[str] = frozenset()
    writes: bool = True
    ground: str = "UNNTAK"
    reason: str = ""
    power: str = ""
    part: str = ""
    record: Literal["none", "active", "ended", "another woman's"] = "none"


def answer(world: World, asked: Asked) -> str:
    """The contract's code of the refusal, or the empty text."""
    return _who(asked, world) or _her_decisions(asked, world) or _the_record(asked, world)


def _who(asked: Asked, world: World) -> str:
    if asked.who == "somebody else":
        return "DHG-0010"
    if asked.who == "herself" and asked.action not in HERS | LOOKS:
        return "DHG-0010"
    if asked.who != "herself" and asked.action in HERS:
        return "DHG-0010"
    if asked.who == "machine" and asked.action != "read-status":
        return "DHG-0010"
    if asked.who == "proxy":
        powers = {"innsyn": {"read-status", "read-record"}, "digitale-helsetjenester": {"read-status"}}
        if asked.action not in powers.get(asked.power, set()) or world.protected or world.not_online:
            return "DHG-0010"
    return "DHG-0005" if asked.who == "clinician" and asked.action in CHANGES and not asked.writes else ""


def _her_decisions(asked: Asked, world: World) -> str:
    always = HERS - {"give-consent"} | {"read-status"}
    if world.protected and asked.action not in always:
        return "DHG-0004"
    if asked.hpr and asked.hpr in world.blocked_people:
        return "DHG-0010"
    if (world.opted_out or not world.consented) and asked.action not in HERS | {"read-status"}:
        return "DHG-0003"
    if asked.ground == "AKUTT" and not asked.reason.strip():
        return "DHG-0012"
    if asked.ground == "UNNTAK" and asked.places & world.blocked_places:
        return "DHG-0010"
    unseen = world.not_online and asked.who == "herself" and asked.action in LOOKS - {"read-status"}
    return "DHG-0010" if unseen else ""


def _the_record(asked: Asked, world: World) -> str:
    if world.deceased and asked.action in CHANGES | HERS - {"read-log"}:
        return "DHG-0002"
    if asked.action in FOR_ONE_RECORD and asked.record in {"none", "another woman's"}:
        return "DHG-0015"
    parts = {asked.part} | ({"birthStatus"} if asked.action == "update-status" else set())
    clinician = asked.who in {"clinician", "machine"}
    if clinician and asked.action in CHANGES and asked.ground == "UNNTAK" and parts & world.blocked_parts:
        return "DHG-0010"
    if asked.action in CHANGES - {"create-record"} and asked.record == "ended":
        return "DHG-0015"
    return "DHG-0009" if asked.action == "create-record" and world.active else ""
