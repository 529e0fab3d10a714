"""The OpenAPI 3.1 description of the contract, made from the registered routes and the catalogue: it cannot say anything else."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from helsekort.access.act import Basis
from helsekort.access.actor import ActorKind
from helsekort.api.v1.callers import callers_of, guarded
from helsekort.api.v1.routes import ROUTES
from helsekort.api.v1.schemas import schemas
from helsekort.api.v1.work import PREFIX, Body, Reading, Route
from helsekort.basics import strict_json
from helsekort.basics.refusal import OUTCOMES, Kind

Json = dict[str, Any]

_BASES = [basis.value for basis in Basis]

_ALWAYS = (
    Kind.INVALID_HEADER,
    Kind.INVALID_NIN,
    Kind.UNAUTHENTICATED,
    Kind.FORBIDDEN,
    Kind.UNKNOWN_ORGANISATION,
    Kind.INVALID_ROLE,
    Kind.SOURCE_DOWN,
    Kind.DATABASE,
    Kind.TECHNICAL,
    Kind.TOO_MANY,
    Kind.SWITCHED_OFF,
    Kind.CONTRACT_OFF,
    Kind.CALLER_OFF,
)
_UNREAD = (Kind.MALFORMED, Kind.INVALID, Kind.TOO_LARGE, Kind.UNSUPPORTED_MEDIA_TYPE)
_OF_BODY = {Body.NONE: (), Body.OPTIONAL: _UNREAD, Body.REQUIRED: (*_UNREAD, Kind.INVALID_CODE)}


_HEADERS = (
    "patient",
    "sourceSystem",
    "userRole",
    "treatmentFacility",
    "accessBasis",
    "olderAccessBasis",
    "accessReason",
    "eventId",
)


@dataclass(frozen=True, slots=True)
class Description:
    """The address the description has; it needs no token."""

    body: bytes
    method: str = "GET"
    template: str = "/openapi.json"


def description() -> Description:
    """The whole description, where it is served."""
    return Description(strict_json.dump(document()))


def document() -> Json:
    """The whole description as a value."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Maternity Record API",
            "version": "1",
            "summary": "Digitalt helsekort for gravide: the national JSON contract",
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": PREFIX}],
        "security": [{"helseid": []}],
        "paths": _paths(ROUTES),
        "components": {
            "schemas": schemas(),
            "parameters": _parameters(),
            "headers": _headers(),
            "responses": _responses(),
            "securitySchemes": {"helseid": _security()},
        },
    }


def refusals_of(route: Route) -> list[Kind]:
    """Every refusal that a route can give: of the caller, of the guards, of the body, of what is stored."""
    off = {Kind.WRITING_OFF} if route.action.writes else {Kind.PAGES_OFF}
    kinds = {*_ALWAYS, *off, *guarded(route.action, route.section), *route.refuses, *_OF_BODY[route.body]}
    return [kind for kind in Kind if kind in kinds]


def _paths(routes: Iterable[Route]) -> Json:
    paths: Json = {}
    for route in routes:
        paths.setdefault(route.template, {})[route.method.lower()] = _operation(route)
    return paths


def _operation(route: Route) -> Json:
    operation: Json = {
        "operationId": route.operation_id,
        "summary": route.summary,
        "description": f"May be called by: {', '.join(_callers(route))}.",
        "tags": [route.section or "record"],
        "parameters": list(_parameters_of(route)),
        "responses": {str(route.status): _success(route), **_errors(route)},
    }
    if route.body is not Body.NONE:
        operation["requestBody"] = {
            "required": route.body is Body.REQUIRED,
            "content": {"application/json": {"schema": _ref("schemas", route.takes)}},
        }
    return operation


def _callers(route: Route) -> list[str]:
    words = {
        ActorKind.PRACTITIONER: "a practitioner (HelseID user token)",
        ActorKind.MACHINE: "a system (HelseID machine token)",
        ActorKind.CITIZEN: "the woman herself",
        ActorKind.PROXY: "somebody with her power of attorney",
    }
    may = callers_of(route.action)
    return [text for kind, text in words.items() if kind in may]


def _parameters_of(route: Route) -> Iterator[Json]:
    for name in ("recordId", "itemId"):
        if f"{{{name}}}" in route.template:
            yield _ref("parameters", name)
    if isinstance(route.work, Reading) and route.work.at:
        yield _ref("parameters", "at")
    for name in _HEADERS:
        yield _ref("parameters", name)


def _success(route: Route) -> Json:
    answer: Json = {
        "description": "Created" if route.status == 201 else "OK",
        "headers": {"nhn-event-id": _ref("headers", "eventId")},
        "content": {"application/json": {"schema": _ref("schemas", route.shows)}},
    }
    if route.status == 201:
        answer["headers"]["Location"] = _ref("headers", "location")
    if isinstance(route.work, Reading):
        answer["headers"]["helsekort-something-hidden"] = _ref("headers", "somethingHidden")
    if route.operation_id == "readRecord":
        answer["headers"]["ETag"] = _ref("headers", "etag")
    return answer


def _errors(route: Route) -> Json:
    """One response for each status, telling every code it can come with."""
    by_status: dict[int, list[Kind]] = {}
    for kind in refusals_of(route):
        by_status.setdefault(OUTCOMES[kind].status, []).append(kind)
    return {str(status): _error(status, kinds) for status, kinds in sorted(by_status.items())}


def _error(status: int, kinds: list[Kind]) -> Json:
    if status in (401, 429):
        return _ref("responses", str(status))
    told = [f"{OUTCOMES[kind].contract_code}: {OUTCOMES[kind].sentence}" for kind in kinds]
    later = {"Retry-After": _ref("headers", "retryAfter")} if status == 503 else {}
    return _error_response("\n".join(f"- {line}" for line in dict.fromkeys(told)), **later)


def _error_response(text: str, **headers: Json) -> Json:
    return {
        "description": text,
        "headers": {
            "nhn-error-code": _ref("headers", "errorCode"),
            "nhn-event-id": _ref("headers", "eventId"),
        }
        | headers,
        "content": {"application/json": {"schema": _ref("schemas", "Error")}},
    }


def _responses() -> Json:
    outcome = OUTCOMES[Kind.UNAUTHENTICATED]
    challenge = {"required": True, "schema": {"type": "string"}, "description": "DPoP and its algorithms"}
    return {
        "401": _error_response(
            f"{outcome.contract_code}: {outcome.sentence}", **{"WWW-Authenticate": challenge}
        ),
        "429": {
            "description": "Too many requests, or too many different persons within an hour. No body.",
            "headers": {"Retry-After": {"required": True, "schema": {"type": "integer"}}},
        },
    }


def _headers() -> Json:
    text = {"type": "string", "minLength": 1}
    return {
        "eventId": {
            "required": True,
            "schema": text,
            "description": "The request's event id, or one drawn here",
        },
        "errorCode": {"required": True, "schema": text, "description": "The same as errorCode in the body"},
        "etag": {"required": True, "schema": text, "description": "Number of the record's last commit"},
        "somethingHidden": {
            "required": False,
            "schema": {"type": "string", "enum": ["true"]},
            "description": "She has blocked something from this caller: what is shown may not be all there is",
        },
        "retryAfter": {
            "required": False,
            "schema": {"type": "integer"},
            "description": "Seconds to wait before asking again",
        },
        "location": {
            "required": True,
            "schema": text,
            "description": "Where it is; holds ids of records only",
        },
    }


def _parameters() -> Json:
    uuid = {"type": "string", "format": "uuid", "pattern": "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"}
    return {
        "recordId": {"name": "recordId", "in": "path", "required": True, "schema": uuid},
        "itemId": {"name": "itemId", "in": "path", "required": True, "schema": uuid},
        "at": {
            "name": "at",
            "in": "query",
            "required": False,
            "description": "What the record showed at a moment, to the same caller",
            "schema": {"type": "string", "format": "date-time", "maxLength": 35},
        },
        "patient": _header(
            "nhn-patient-nin",
            "The woman's fødselsnummer or D-nummer",
            {"pattern": "^[0-9]{11}$"},
            required=True,
        ),
        "sourceSystem": _header(
            "nhn-source-system", "The calling system", {"minLength": 3, "maxLength": 512}, required=True
        ),
        "userRole": _header(
            "nhn-user-role",
            "The user's role as URL-encoded JSON with system (urn:oid:2.16.578.1.12.4.1.1.9060) and code; needed "
            "with a practitioner's token",
            {"maxLength": 512},
        ),
        "treatmentFacility": _header("nhn-treatment-facility-name", "Place of treatment", {"maxLength": 512}),
        "accessBasis": _header(
            "nhn-access-basis",
            "The ground the record is opened on: UNNTAK (the default: treatment), SAMTYKKE (she lifts a block there and then), "
            "AKUTT (emergency; needs nhn-access-reason, is marked in her log and reviewed). Practitioners only",
            {"enum": _BASES},
        ),
        "olderAccessBasis": _header(
            "hit-access-basis", "The older name of nhn-access-basis", {"enum": _BASES}
        ),
        "accessReason": _header(
            "nhn-access-reason",
            "Why an emergency was declared or a block lifted: URL-encoded text of at most 500 characters, without identity "
            "numbers; she reads it in her log",
            {"maxLength": 4500},
        ),
        "eventId": _header(
            "nhn-event-id", "Comes back in the answer", {"pattern": "^[A-Za-z0-9._:@/+=-]{1,128}$"}
        ),
    }


def _header(name: str, description: str, limits: Json, *, required: bool = False) -> Json:
    schema = {"type": "string"} | limits
    return {"name": name, "in": "header", "required": required, "description": description, "schema": schema}


def _security() -> Json:
    return {
        "type": "http",
        "scheme": "DPoP",
        "description": "HelseID access token bound to a key (RFC 9449): `Authorization: DPoP …` and a fresh `DPoP` proof.",
    }


def _ref(kind: str, name: str) -> Json:
    return {"$ref": f"#/components/{kind}/{name}"}
