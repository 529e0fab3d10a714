"""A label for a Bundle that may not have everything: v3-ObservationValue REDACTED (https://hl7.org/fhir/R4/security-labels.html)."""

from __future__ import annotations

from helsekort.basics.strict_json import dump, parse
from helsekort.fhir.shapes import coding

_START, _ENTRIES = b'{"resourceType":"Bundle"', b',"entry":['
_FIRST = ("resourceType", "id")
REDACTED = coding("http://terminology.hl7.org/CodeSystem/v3-ObservationValue", "REDACTED", "redacted")


def redacted(raw: bytes) -> bytes:
    """A Bundle with the label in its `meta`, entries untouched; what is no Bundle as it is."""
    if not raw.startswith(_START):
        return raw
    head, mark, entries = raw.partition(_ENTRIES)
    bundle = parse(head + b"}" if mark else head)
    meta = bundle.get("meta", {})
    labelled = {name: bundle[name] for name in _FIRST if name in bundle}
    labelled["meta"] = meta | {"security": [*meta.get("security", ()), REDACTED]}
    whole = dump(labelled | {name: value for name, value in bundle.items() if name not in {*_FIRST, "meta"}})
    return whole[:-1] + mark + entries if mark else whole
