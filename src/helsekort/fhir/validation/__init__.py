"""Validation of FHIR resources: shape by generated JSON Schema, and in Python what a schema cannot say.

`Validator` is the whole of it for other rooms; docs/adr/0014-validation.md says why it is made so.
"""

from helsekort.fhir.validation.bundles import entries
from helsekort.fhir.validation.narrative import narrative_warnings
from helsekort.fhir.validation.validator import Validator

__all__ = ["Validator", "entries", "narrative_warnings"]
