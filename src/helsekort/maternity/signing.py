"""Who registered what came by FHIR, and where it stands on the card: told in `meta`, so that the rest stays as it was sent."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from helsekort.basics.once import once
from helsekort.fhir.shapes import Json, Resource, code_in, extension, extension_value
from helsekort.maternity.part import Stamp
from helsekort.maternity.places import by_herself
from helsekort.maternity.resources import Setting
from helsekort.maternity.tree import Slot
from helsekort.maternity.uris import ASIDE, CARD_PLACE, ORIGIN, RECORDED_BY

SERVER_OWNED = frozenset({CARD_PLACE, RECORDED_BY})
"""Extensions of Resource.meta that only this service writes."""
ORIGINS = frozenset({"measured", "transcribed", "self-reported", "laboratory"})
_CATEGORY = "http://terminology.hl7.org/CodeSystem/observation-category"


@dataclass(frozen=True)
class Signing:
    """What every resource of one set of writes is signed with."""

    record: UUID
    person: UUID
    stamp: Stamp

    def setting(self, section: str, item: str = "") -> Setting:
        """What the resources that the service itself makes beside them have in common."""
        if (section, item) not in self._settings:
            self._settings[section, item] = Setting(self.record, self.person, self.stamp, section, item)
        return self._settings[section, item]

    @once
    def _settings(self) -> dict[tuple[str, str], Setting]:
        """The setting of each part."""
        return {}

    @once
    def _recorded(self) -> dict[str, Json]:
        """The extension RECORDED_BY by the origin that it tells."""
        return {}

    def signed(self, resource: Resource, slot: Slot | None) -> Resource:
        """The resource, which begins with type, id and meta, as it is stored; `slot` is None for a part of its own."""
        own = [self._recorded_by(self._origin(resource))]
        if slot is not None:
            own.append(extension(CARD_PLACE, valueString=f"{slot.key}/{slot.item}" if slot.key else ASIDE))
        meta = dict(resource.get("meta", {}))
        kept = [one for one in meta.get("extension", ()) if one.get("url") not in SERVER_OWNED]
        meta["extension"] = [*kept, *own]
        return resource | {"meta": meta}

    def _recorded_by(self, origin: str) -> Json:
        """Who registered it, and how it came to be: the same of nearly everything that is written together."""
        if origin not in self._recorded:
            told = [*self.setting("record").recorded_by]
            told += [extension("origin", valueCode=origin)] if origin else []
            self._recorded[origin] = {"url": RECORDED_BY, "extension": told}
        return self._recorded[origin]

    def _origin(self, resource: Resource) -> str:
        """How the value came to be, where that is told: by the sender, by who measured it, or by a laboratory's category."""
        said = extension_value(resource, ORIGIN, "valueCode")
        if said in ORIGINS:
            return str(said)
        if self.stamp.author.user_type in {"CITIZEN", "REPRESENTATIVE"} or by_herself(resource):
            return "self-reported"
        categories = resource.get("category", ()) if resource["resourceType"] == "Observation" else ()
        laboratory = any(code_in(one, _CATEGORY) == "laboratory" for one in categories)
        return "laboratory" if laboratory else ""
