"""The FHIR R4 API over the same records as the JSON contract; what it offers is data (maternity.offering)."""
