"""Subscriptions to changes of a woman's records (ADR 16): asked for, looked at, replayed, ended. The rest is outside/push.py."""

from __future__ import annotations

from uuid import UUID

from helsekort.access.act import Action
from helsekort.api.fhir.call import Call
from helsekort.api.fhir.media import JSON_BODIES
from helsekort.api.fhir.naming import by_parameters, of_id
from helsekort.api.fhir.parameters import Parameters
from helsekort.api.fhir.work import Handle, Named, Names, Route
from helsekort.api.http.answer import Answer
from helsekort.basics import strict_json
from helsekort.basics.refusal import Issue, Kind, Refused
from helsekort.fhir.shapes import Resource
from helsekort.fhir.subscription import (
    MOST_EVENTS,
    Asked,
    Content,
    State,
    Topic,
    notification,
    read_subscription,
    status,
    subscription,
)
from helsekort.ledger.subscriptions import Subscribed
from helsekort.maternity.identity import of_person, subscription_id
from helsekort.maternity.uris import BASE
from helsekort.records.following import Follower, decode, told_of

KIND = "Subscription"
RECORD_CHANGED = Topic(
    f"{BASE}/SubscriptionTopic/record-changed", "A record is changed", "EpisodeOfCare?patient", "Patient"
)
TOPICS = (RECORD_CHANGED,)


def routes() -> tuple[Route, ...]:
    """The interactions and operations of Subscription."""
    one = f"/{KIND}/{{id}}"
    return (
        Route(
            "POST",
            f"/{KIND}",
            "create",
            Action.SUBSCRIBE,
            _create,
            _named_in_body,
            KIND,
            takes=JSON_BODIES,
            body_required=True,
            of_record=False,
        ),
        _row("GET", f"/{KIND}", "search-type", _search, by_parameters),
        _row("GET", one, "read", _read),
        _row("DELETE", one, "delete", _end),
        _row("GET", f"{one}/$status", "operation", _status),
        _row("GET", f"{one}/$events", "operation", _events),
    )


def _row(method: str, template: str, interaction: str, handle: Handle, names: Names | None = None) -> Route:
    return Route(
        method,
        template,
        interaction,
        Action.SUBSCRIBE,
        handle,
        names or _named_in_id,
        KIND,
        of_record=False,
    )


def _named_in_id(call: Call) -> Named:
    found = of_person(call.ids[0])
    if found is None:
        raise Refused(Kind.NO_SUCH_RESOURCE, [Issue("This is not an id of this service.", "id")])
    return Named(person=found[0])


def _named_in_body(call: Call) -> Named:
    kind, _, id_ = _asked(call).focus.partition("/")
    return of_id(kind, id_)


def _asked(call: Call) -> Asked:
    sent = call.document
    if not isinstance(sent, dict) or sent.get("resourceType") != KIND:
        raise Refused(Kind.MALFORMED, [Issue("The body is not a Subscription.", KIND)])
    if wrong := call.api.validator.validate(sent):
        raise Refused(Kind.INVALID, wrong)
    return read_subscription(sent, TOPICS)


async def _create(call: Call) -> Answer:
    asked = _asked(call)
    if not call.api.may_send(call.act.actor.client_id, asked.endpoint):
        what = "The address is not registered for this client."
        hint = "Whoever operates the service registers where a client's notifications may be sent."
        raise Refused(Kind.INVALID, [Issue(what, f"{KIND}.channel.endpoint", hint)])
    call.passed = True
    id_ = await call.api.door.subscribe(call.act, asked)
    assert call.named.person is not None  # the filter names her
    state = State(subscription_id(call.named.person, id_), asked.topic, "requested", events=0)
    location = f"{call.base}/{KIND}/{state.id}".encode("ascii")
    return _answer(call, subscription(state, asked), 201).having((b"location", location))


async def _read(call: Call) -> Answer:
    return _answer(call, _resource(await _found(call)))


async def _search(call: Call) -> Answer:
    """Every subscription of the caller's client and place to the woman's records; ended ones too, with why."""
    call.check_parameters("patient")
    call.passed = True
    found = [one for one in await call.api.door.subscriptions(call.act) if not _is_deleted(one)]
    entries = [
        {
            "fullUrl": f"{call.base}/{KIND}/{_id_of(one)}",
            "resource": _resource(one),
            "search": {"mode": "match"},
        }
        for one in found
    ]
    bundle: Resource = {"resourceType": "Bundle", "type": "searchset", "total": len(found)}
    bundle["link"] = [{"relation": "self", "url": f"{call.base}/{KIND}"}]
    return _answer(call, bundle | ({"entry": entries} if entries else {}))


async def _end(call: Call) -> Answer:
    """Ends it; what was sent cannot be taken back."""
    call.passed = True
    await call.api.door.end_subscription(call.act, _uuid(call))
    return Answer(204, b"")


async def _status(call: Call) -> Answer:
    """Where it stands, as a Bundle of type searchset with one Parameters."""
    Parameters(call, ()).check()
    found = await _found(call)
    told = status(_state(found), "query-status") | {"id": str(call.api.new_id())}
    entry = {"resource": told, "search": {"mode": "match"}}
    return _answer(call, {"resourceType": "Bundle", "type": "searchset", "total": 1, "entry": [entry]})


async def _events(call: Call) -> Answer:
    """What it has been told of, or would have been, by the numbers of the events."""
    Parameters(call, ("eventsSinceNumber", "eventsUntilNumber", "content")).check()
    first, last = _number(call, "eventsSinceNumber", 0), _number(call, "eventsUntilNumber", 2**62)
    call.passed = True
    found, changed = await call.api.door.subscription_events(
        call.act, _uuid(call), first=first, last=last, most=MOST_EVENTS
    )
    if _is_deleted(found):
        raise Refused(Kind.DELETED)
    follower = decode(found.body)
    bundle = notification(
        _state(found),
        "query-event",
        [told_of(one) for one in changed],
        content=_content(call, follower),
        base=call.base,
        at=call.api.clock(),
        id_=str(call.api.new_id()),
    )
    return _answer(call, bundle)


async def _found(call: Call) -> Subscribed:
    """The caller's own subscription of that id; raises NO_SUCH_RESOURCE, or DELETED where it was ended by request."""
    wanted = _uuid(call)
    call.passed = True
    found = next((one for one in await call.api.door.subscriptions(call.act) if one.id == wanted), None)
    if found is None:
        raise Refused(Kind.NO_SUCH_RESOURCE)
    if _is_deleted(found):
        raise Refused(Kind.DELETED)
    return found


def _uuid(call: Call) -> UUID:
    named = of_person(call.ids[0])
    assert named is not None  # whose it is was told from the id
    return named[1]


def _is_deleted(one: Subscribed) -> bool:
    return one.status == "off" and not one.error


def _number(call: Call, name: str, otherwise: int) -> int:
    """A parameter that is the number of an event; raises INVALID_PARAMETER."""
    given = [value for key, value in call.parameters if key == name]
    if not given:
        return otherwise
    if len(given) > 1 or not (given[0].isascii() and given[0].isdigit()) or len(given[0]) > 18:
        raise Refused(Kind.INVALID_PARAMETER, [Issue("This is not the number of an event.", name)])
    return int(given[0])


def _content(call: Call, follower: Follower) -> Content:
    given = [value for key, value in call.parameters if key == "content"]
    if not given:
        return follower.asked.content
    if given[0] not in {one.value for one in Content}:
        raise Refused(Kind.INVALID_PARAMETER, [Issue("Must be empty or id-only.", "content")])
    return Content(given[0])


def _state(one: Subscribed) -> State:
    return State(_id_of(one), decode(one.body).asked.topic, one.status, one.events, one.error)


def _id_of(one: Subscribed) -> str:
    return subscription_id(one.person, one.id)


def _resource(one: Subscribed) -> Resource:
    return subscription(_state(one), decode(one.body).asked)


def _answer(call: Call, resource: Resource, code: int = 200) -> Answer:
    return Answer(code, strict_json.dump(resource), (), call.content_type)
