"""The service's HTTP contracts for other systems: the national JSON contract, FHIR R4, the organisation's own queue, and their small HTTP engine."""
