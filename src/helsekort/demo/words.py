"""What the demo says when it is up: what to open, and as whom."""

from pathlib import Path


def welcome(*, service: str, sandbox: str, folder: Path, seconds: float) -> str:
    """The demo's first words, for a person who has never seen it."""
    return f"""
Helsekort is running ({seconds:.1f} s). Everyone in it is fictional, and nothing leaves this machine.

  Her own pages     {service}
                    Log in at the sandbox's ID-porten and pick a woman.
  The clinics' side {sandbox}
                    The EHR simulator: write as her GP, midwife or hospital.
  The API           {service}/api/maternity-record/v1/openapi.json
  A token           ./dev run helsekort sandbox token --as gp --port {service.rsplit(":", 1)[1]}

Everything is kept in {folder} and is there at the next start; --fresh begins again.
Ctrl-C stops all of it, the database too."""
