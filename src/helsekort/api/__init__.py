"""The service's HTTP contracts for other systems: the national JSON one, FHIR R4 and the organisation's queue."""
