"""What is said when an expression cannot be read, or cannot be worked out on a resource."""

from __future__ import annotations


class PathError(Exception):
    """A FHIRPath expression is wrong, or meets what it was not written for; never repeats a value from a resource."""
