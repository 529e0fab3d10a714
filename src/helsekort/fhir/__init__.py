"""The generic part of FHIR R4: the shapes every resource is made of. Knows nothing of pregnancy, Norway, SQL or HTTP."""
