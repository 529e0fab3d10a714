"""Topic-based subscriptions for R4: what is asked for, and the notifications that answer it.

Subscriptions R5 Backport, version 1.1 (https://hl7.org/fhir/uv/subscriptions-backport/): channel rest-hook, payload empty or
id-only. What changed is never in a notification; whoever wants it reads it and is decided on then.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any
from urllib.parse import urlsplit

from helsekort.basics.clock import to_wire
from helsekort.basics.refusal import Issue, Kind, Refused
from helsekort.fhir.shapes import Json, Resource, extension_value

BACKPORT = "http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition"
PROFILE = f"{BACKPORT}/backport-subscription"
STATUS_PROFILE = f"{BACKPORT}/backport-subscription-status-r4"
NOTIFICATION_PROFILE = f"{BACKPORT}/backport-subscription-notification-r4"
FILTER = f"{BACKPORT}/backport-filter-criteria"
HEARTBEAT = f"{BACKPORT}/backport-heartbeat-period"
TIMEOUT = f"{BACKPORT}/backport-timeout"
MAX_COUNT = f"{BACKPORT}/backport-max-count"
PAYLOAD = f"{BACKPORT}/backport-payload-content"
SHORTEST_HEARTBEAT, LONGEST_HEARTBEAT = 60, 86_400
"""Seconds between signs of life."""
MOST_EVENTS = 100
"""In one notification."""


class Content(Enum):
    """How much a notification tells."""

    EMPTY = "empty"
    ID_ONLY = "id-only"


@dataclass(frozen=True, slots=True)
class Asked:
    """What a subscriber asks for. `focus` is the reference its filter names; `heartbeat` in seconds, 0 for none."""

    topic: str
    focus: str
    endpoint: str
    content: Content
    heartbeat: int
    max_count: int


@dataclass(frozen=True, slots=True)
class Topic:
    """What can be subscribed to: a canonical URL, the filter it takes, and the kinds of resource its filter may name."""

    url: str
    title: str
    filter: str  # "EpisodeOfCare?patient"
    focus: str  # "Patient"


@dataclass(frozen=True, slots=True)
class Event:
    """One change, by its number in the subscription; `focus` is the resource that changed."""

    number: int
    at: datetime
    focus: str


@dataclass(frozen=True, slots=True)
class State:
    """A subscription as it stands: `events` is the number of its last event, `error` why nothing is sent."""

    id: str
    topic: str
    status: str  # requested, active, error or off
    events: int
    error: str = ""


def read_subscription(resource: Resource, topics: Sequence[Topic]) -> Asked:
    """What a Subscription asks for; raises INVALID with every fault, in FHIRPath locations.

    The resource is one that R4's own definition accepts; what is looked at here is what the backport and this service add.
    """
    issues: list[Issue] = []
    topic = _topic(resource, topics, issues)
    sent = resource.get("channel")
    channel: Json = sent if isinstance(sent, dict) else {}
    asked = Asked(
        topic=topic.url,
        focus=_focus(resource, topic, issues),
        endpoint=_endpoint(channel, issues),
        content=_content(channel, issues),
        heartbeat=_seconds(channel, issues),
        max_count=_max_count(channel, issues),
    )
    if resource.get("status") not in {"requested", "active"}:
        issues.append(
            Issue("Must be requested.", "Subscription.status", "The service decides when it is active.")
        )
    if channel.get("header"):
        hint = "Tell notifications by their signature and the subscription's id."
        issues.append(Issue("Headers of your own are not taken.", "Subscription.channel.header", hint))
    if issues:
        raise Refused(Kind.INVALID, issues)
    return asked


def _topic(resource: Resource, topics: Sequence[Topic], issues: list[Issue]) -> Topic:
    found = next((one for one in topics if one.url == resource.get("criteria")), None)
    if found is None:
        known = ", ".join(one.url for one in topics)
        issues.append(Issue("There is no such topic.", "Subscription.criteria", f"The topics are {known}."))
    return found or topics[0]


def _focus(resource: Resource, topic: Topic, issues: list[Issue]) -> str:
    where = "Subscription.criteria.extension.value"
    holder = resource.get("_criteria")
    extensions = holder.get("extension", []) if isinstance(holder, dict) else []
    filters = [one.get("valueString") for one in extensions if one.get("url") == FILTER]
    if len(filters) != 1:
        issues.append(Issue("One filter is needed.", where, f"Send {topic.filter}={topic.focus}/[id]."))
        return ""
    name, _, value = str(filters[0]).partition("=")
    kind, _, id_ = value.rpartition("/")
    if name != topic.filter or kind not in {topic.focus, ""} or not id_.replace("-", "").isalnum():
        issues.append(Issue("The filter cannot be read.", where, f"Send {topic.filter}={topic.focus}/[id]."))
    return f"{topic.focus}/{id_}"


def _endpoint(channel: Json, issues: list[Issue]) -> str:
    if channel.get("type") != "rest-hook":
        issues.append(Issue("Must be rest-hook.", "Subscription.channel.type"))
    endpoint = str(channel.get("endpoint", ""))
    if not _is_address(endpoint):
        issues.append(Issue("Must be an https address.", "Subscription.channel.endpoint"))
    return endpoint


def _is_address(endpoint: str) -> bool:
    try:
        parts = urlsplit(endpoint)
    except ValueError:
        return False
    return (
        parts.scheme in {"https", "http"} and bool(parts.hostname) and not (parts.username or parts.fragment)
    )


def _content(channel: Json, issues: list[Issue]) -> Content:
    if channel.get("payload", "application/fhir+json") not in {"application/fhir+json", "application/json"}:
        issues.append(Issue("Must be application/fhir+json.", "Subscription.channel.payload"))
    holder = channel.get("_payload")
    said = extension_value(holder if isinstance(holder, dict) else {}, PAYLOAD, "valueCode")
    if said not in {one.value for one in Content}:
        where = "Subscription.channel.payload.extension.value"
        issues.append(
            Issue("Must be empty or id-only.", where, "What changed is read by whoever may read it.")
        )
        return Content.EMPTY
    return Content(said)


def _seconds(channel: Json, issues: list[Issue]) -> int:
    said = extension_value(channel, HEARTBEAT, "valueUnsignedInt")
    if said is None:
        return 0
    if not isinstance(said, int) or not SHORTEST_HEARTBEAT <= said <= LONGEST_HEARTBEAT:
        what = f"Must be {SHORTEST_HEARTBEAT} to {LONGEST_HEARTBEAT} seconds."
        issues.append(Issue(what, "Subscription.channel.extension.value"))
        return 0
    return said


def _max_count(channel: Json, issues: list[Issue]) -> int:
    said: Any = extension_value(channel, MAX_COUNT, "valuePositiveInt")
    if said is None:
        return MOST_EVENTS
    if not isinstance(said, int) or said < 1:
        issues.append(Issue("Must be 1 or more.", "Subscription.channel.extension.value"))
        return MOST_EVENTS
    return min(said, MOST_EVENTS)


def subscription(state: State, asked: Asked) -> Resource:
    """The subscription as it stands, as a resource."""
    channel: Json = {"type": "rest-hook", "endpoint": asked.endpoint, "payload": "application/fhir+json"}
    extensions: list[Json] = [{"url": MAX_COUNT, "valuePositiveInt": asked.max_count}]
    if asked.heartbeat:
        extensions.append({"url": HEARTBEAT, "valueUnsignedInt": asked.heartbeat})
    made: Resource = {
        "resourceType": "Subscription",
        "id": state.id,
        "meta": {"profile": [PROFILE]},
        "status": state.status,
        "reason": "Told when a record changes",
        "criteria": asked.topic,
        "_criteria": {"extension": [{"url": FILTER, "valueString": f"EpisodeOfCare?patient={asked.focus}"}]},
        "channel": {"extension": extensions}
        | channel
        | {"_payload": {"extension": [{"url": PAYLOAD, "valueCode": asked.content.value}]}},
    }
    return made | {"error": state.error} if state.error else made


def status(
    state: State, kind: str, events: Iterable[Event] = (), *, content: Content = Content.EMPTY
) -> Resource:
    """A subscription's status as Parameters; `kind` is handshake, heartbeat, event-notification, query-status or query-event."""
    parts: list[Json] = [
        {"name": "subscription", "valueReference": {"reference": f"Subscription/{state.id}"}},
        {"name": "topic", "valueCanonical": state.topic},
        {"name": "status", "valueCode": state.status},
        {"name": "type", "valueCode": kind},
        {"name": "events-since-subscription-start", "valueString": str(state.events)},
    ]
    parts += [_event(event, content) for event in events]
    if state.error:
        parts.append({"name": "error", "valueCodeableConcept": {"text": state.error}})
    return {"resourceType": "Parameters", "meta": {"profile": [STATUS_PROFILE]}, "parameter": parts}


def _event(event: Event, content: Content) -> Json:
    parts: list[Json] = [
        {"name": "event-number", "valueString": str(event.number)},
        {"name": "timestamp", "valueInstant": to_wire(event.at)},
    ]
    if content is Content.ID_ONLY:
        parts.append({"name": "focus", "valueReference": {"reference": event.focus}})
    return {"name": "notification-event", "part": parts}


def notification(
    state: State, kind: str, events: Sequence[Event], *, content: Content, base: str, at: datetime, id_: str
) -> Resource:
    """A notification as a Bundle of type history: the status first, then what changed by its address alone."""
    told = status(state, kind, events, content=content) | {"id": id_}
    first: Json = {
        "fullUrl": f"urn:uuid:{id_}",
        "resource": told,
        "request": {"method": "GET", "url": f"{base}/Subscription/{state.id}/$status"},
        "response": {"status": "200"},
    }
    changed = dict.fromkeys(event.focus for event in events) if content is Content.ID_ONLY else {}
    return {
        "resourceType": "Bundle",
        "meta": {"profile": [NOTIFICATION_PROFILE]},
        "type": "history",
        "timestamp": to_wire(at),
        "entry": [first, *(_changed(base, focus) for focus in changed)],
    }


def _changed(base: str, focus: str) -> Json:
    return {
        "fullUrl": f"{base}/{focus}",
        "request": {"method": "PUT", "url": focus},
        "response": {"status": "200"},
    }
