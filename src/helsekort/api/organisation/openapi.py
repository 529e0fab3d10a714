"""The OpenAPI 3.1 description of the organisation's contract, made from its operations."""

from __future__ import annotations

from typing import Any

from helsekort.api.organisation.operations import LONGEST_ANSWER, OPERATIONS, PREFIX, Operation
from helsekort.basics.refusal import OUTCOMES, Kind

Json = dict[str, Any]

_KINDS = (
    Kind.INVALID_HEADER,
    Kind.UNAUTHENTICATED,
    Kind.FORBIDDEN,
    Kind.UNKNOWN_ORGANISATION,
    Kind.INVALID_ROLE,
    Kind.INVALID_USER,
    Kind.TOO_MANY,
    Kind.SOURCE_DOWN,
    Kind.DATABASE,
    Kind.TECHNICAL,
    Kind.SWITCHED_OFF,
    Kind.CONTRACT_OFF,
    Kind.CALLER_OFF,
)
_WRITING = (
    Kind.WRITING_OFF,
    Kind.NOT_FOUND,
    Kind.MALFORMED,
    Kind.INVALID,
    Kind.TOO_LARGE,
    Kind.UNSUPPORTED_MEDIA_TYPE,
)
_TEXT: Json = {"type": "string"}
_MAYBE: Json = {"type": ["string", "null"]}
_UUID: Json = {"type": "string", "format": "uuid"}
_MOMENT: Json = {"type": "string", "format": "date-time"}


def document() -> Json:
    """The whole description as a value."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Organisation's queue",
            "version": "1",
            "summary": "What an organisation looks at afterwards: emergencies, lifted blocks, reports. No clinical content",
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": PREFIX}],
        "security": [{"helseid": []}],
        "paths": {each.template: {each.method.lower(): _operation(each)} for each in OPERATIONS},
        "components": {
            "schemas": _schemas(),
            "securitySchemes": {
                "helseid": {
                    "type": "http",
                    "scheme": "DPoP",
                    "description": "A machine's or a practitioner's HelseID token: it opens the queue of its legal entity.",
                }
            },
        },
    }


def _operation(operation: Operation) -> Json:
    described: Json = {
        "operationId": operation.operation_id,
        "summary": operation.summary,
        "parameters": [_header("nhn-source-system", required=True), _header("nhn-user-role", required=False)],
        "responses": {"200": _answer("OK", operation.shows), **_errors(operation)},
    }
    if operation.writes:
        described["parameters"].append({"name": "reportId", "in": "path", "required": True, "schema": _UUID})
        described["requestBody"] = {
            "required": True,
            "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Answer"}}},
        }
    return described


def _errors(operation: Operation) -> Json:
    by_status: dict[int, list[str]] = {}
    for kind in (*_KINDS, *(_WRITING if operation.writes else ())):
        outcome = OUTCOMES[kind]
        by_status.setdefault(outcome.status, []).append(f"- {outcome.contract_code}: {outcome.sentence}")
    errors = {str(status): _answer("\n".join(told), "Error") for status, told in sorted(by_status.items())}
    return errors | {"429": {"description": "Too many requests. No body; Retry-After says how long to wait."}}


def _answer(text: str, schema: str) -> Json:
    return {
        "description": text,
        "content": {"application/json": {"schema": {"$ref": f"#/components/schemas/{schema}"}}},
    }


def _header(name: str, *, required: bool) -> Json:
    return {"name": name, "in": "header", "required": required, "schema": _TEXT}


def _schemas() -> Json:
    lookup = _object(
        lineId=_UUID,
        at=_MOMENT,
        action=_TEXT,
        permitted={"type": "boolean"},
        recordId=_MAYBE,
        eventId=_TEXT,
        practitioner=_object(name=_TEXT, role=_TEXT, hprNumber=_TEXT),
        organisation=_object(number=_TEXT, name=_TEXT),
        clientId=_TEXT,
        sourceSystem=_TEXT,
        treatmentFacility=_TEXT,
        purpose=_TEXT,
        basis=_TEXT,
        reason=_TEXT,
        decisionReference=_TEXT,
    )
    state: Json = {"enum": ["new", "answered"]}
    kind: Json = {"enum": ["emergency", "lifted-block"]}
    report = _object(
        id=_UUID, at=_MOMENT, state=state, text=_TEXT, lookup=_LOOKUP, answered=_MAYBE, answer=_MAYBE
    )
    return {
        "Lookup": lookup,
        "Reviews": _object(reviews=_list(_object(kind=kind, lookup=_LOOKUP))),
        "Reports": _object(reports=_list(report)),
        "Answer": _object(answer={"type": "string", "minLength": 1, "maxLength": LONGEST_ANSWER}),
        "Answered": _object(id=_UUID, state=state),
        "Error": _object(errorCode=_TEXT, errorMessage=_TEXT, eventId=_TEXT),
    }


_LOOKUP: Json = {"$ref": "#/components/schemas/Lookup"}


def _object(**members: Json) -> Json:
    return {"type": "object", "properties": members, "required": list(members)}


def _list(items: Json) -> Json:
    return {"type": "array", "items": items}
