"""docs/reference/errors.md: what every kind of refusal becomes in each contract, from the one table in the code."""

from helsekort.basics.refusal import OUTCOMES, Kind, Outcome

HEAD = """# Errors

Generated from `helsekort.basics.refusal.OUTCOMES` by `./dev fix`.

Every error of the JSON contract is `{"errorCode", "errorMessage", "eventId"}`, with the code also in the header `nhn-error-code`. The
message says what is wrong, where (a JSON path such as `$.fetusesVitalSigns[0].fosterId`, or a header) and what to do; it names up to
twenty issues at once. It never repeats a value that was sent. `eventId` is the request's own `nhn-event-id`, or one drawn here; give it
when you report a problem. A 429 has no body. An answer that was refused before its request was read ends the connection.

The codes `DHG-xxxx` are the national contract's. It states neither HTTP statuses nor the codes of the authorisation page in public: those
are ours ([ADR 8](../adr/0008-contract-choices.md)).

Every error of the FHIR API is an OperationOutcome: `details.coding` has the FHIR code below, in the code system
`https://w3id.org/helsekort/fhir/CodeSystem/refusal`; `details.text` is what is wrong, `diagnostics` what to do, `expression` the element or
`location` the header or parameter. The event id is in an extension and in the header `nhn-event-id`. A 429 has a body here.

| Code | HTTP | FHIR code | FHIR issue | What is wrong | What to do |
|---|---|---|---|---|---|
"""


def errors_page() -> str:
    """The whole page as Markdown, ordered by code."""
    ordered = sorted(OUTCOMES.items(), key=lambda item: (not item[1].contract_code, item[1].contract_code))
    return HEAD + "".join(row(kind, outcome) for kind, outcome in ordered)


def row(kind: Kind, outcome: Outcome) -> str:
    """One refusal as a table row."""
    code = f"`{outcome.contract_code}`" if outcome.contract_code else "none, no body"
    told = f"`{kind.value}` | `{outcome.issue_code}` | {outcome.sentence} | {outcome.advice} |"
    return f"| {code} | {outcome.status} | {told}\n"
