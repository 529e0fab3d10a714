"""The card: its fields, its values as FHIR resources, the national JSON contract as a lens on them. Pure: no I/O."""
