"""Why a program could not start."""


class CannotStart(Exception):
    """A program cannot start; the message is one line that says why and what to do. The exit code is 2."""
