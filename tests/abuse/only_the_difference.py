"""Answers about two women made comparable: their own ids and moments by order of appearance, and nothing else taken away."""

from __future__ import annotations

import re
from typing import Any

import httpx

_OWN = re.compile(
    rb"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+Z"
    rb"|(?<![a-z2-7])[a-z2-7]{26}(?![a-z2-7])|(?<=[.])[a-z2-7]{8}(?=[\"/])"  # of resources: UUIDs in base32, and their ends
)


def comparable(text: bytes) -> bytes:
    """The bytes, every id and every moment replaced by its number; equal ones have the same number, lengths stay the same."""
    known: dict[bytes, bytes] = {}
    return _OWN.sub(lambda found: known.setdefault(found[0], b"%0*d" % (len(found[0]), len(known))), text)


def whole(answer: httpx.Response) -> tuple[Any, ...]:
    """Everything a caller gets of an answer, but the id of the event, which is drawn for each."""
    headers = [(name, value) for name, value in answer.headers.raw if name.lower() != b"nhn-event-id"]
    event = answer.headers.get("nhn-event-id", "").encode()
    body = answer.content.replace(event, b"event") if event else answer.content
    return answer.status_code, sorted(headers), comparable(body)
