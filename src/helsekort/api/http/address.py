"""What an address may be: short, and readable as text where it has to be looked into."""

from __future__ import annotations

from urllib.parse import unquote_to_bytes

LONGEST_TARGET = 2048  # bytes of path and query; the longest address of the contract has 130


def readable(target: bytes) -> str:
    """The text a path or a query stands for, percent-encoding undone; bytes that are no text become U+FFFD."""
    return unquote_to_bytes(target).decode("utf-8", "replace")
