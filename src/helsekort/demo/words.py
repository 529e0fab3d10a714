"""What the demo says when it is up: what to open, and as whom."""

from pathlib import Path

from helsekort.sandbox.people import Woman, fictional_people


def welcome(*, service: str, sandbox: str, folder: Path, seconds: float) -> str:
    """The demo's first words, for a person who has never seen it."""
    port = service.rsplit(":", 1)[1]
    women = "\n".join(map(line_of, fictional_people().women))
    return f"""
Helsekort is running ({seconds:.1f} s). Everyone in it is fictional, and nothing leaves this machine.

Her own pages: {service}
  Choose "Logg inn med ID-porten" and then who you are:
{women}

The EHR simulator and the national services' stand-ins: {sandbox}
  Be her GP, her midwife or the hospital; who is who, and what can happen to them.

For an EHR: {service}/api/maternity-record/v1/openapi.json
            {service}/fhir/r4/metadata
  A token as her GP, midwife or hospital, in another terminal:
    ./dev run helsekort sandbox token --as gp --port {port}

Everything is kept in {folder} and is there at the next start; --fresh begins again.
Ctrl-C stops all of it, the database too."""


def line_of(woman: Woman) -> str:
    """A woman as one may log in."""
    return f"    {woman.name:<20} {woman.story.en}"
