"""The national services as the service meets them over HTTP while it is measured: key set, person, practitioner, organisation.

They answer for the benchmark's practitioners and organisation with what the registers hold of them, on loopback.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from bench.callers import CHILD, PARENT, Issuer, practitioners

AUDIENCE = "nhn:maternity-record"
SCOPE = "nhn:maternity-record/api"


class Server(ThreadingHTTPServer):
    """A server with a table of what it answers."""

    daemon_threads = True
    answers: Mapping[str, Any]


class National:
    """One small server for all of them; use it in a `with` block."""

    def __init__(self) -> None:
        self._server = Server(("127.0.0.1", 0), Handler)
        self.port = self._server.server_port
        self.base = f"http://127.0.0.1:{self.port}"
        self.issuer = Issuer(issuer=f"{self.base}/helseid", audience=AUDIENCE, scope=SCOPE)
        self._server.answers = answers(self.base, self.issuer)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    def __enter__(self) -> National:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()


def answers(base: str, issuer: Issuer) -> dict[str, Any]:
    """What each address answers."""
    units = {
        PARENT: {"organisasjonsnummer": PARENT, "navn": "Ytelse sykehus HF", "overordnetEnhet": None},
        CHILD: {"organisasjonsnummer": CHILD, "navn": "Ytelse fødeavdeling", "overordnetEnhet": PARENT},
    }
    known: dict[str, Any] = {
        f"/hpr/helsepersonell/{who.hpr_number}": professional(who.hpr_number, who.name)
        for who in practitioners()
    }
    known["/enhetsregisteret/api/enheter/" + PARENT] = units[PARENT]
    known["/enhetsregisteret/api/underenheter/" + CHILD] = units[CHILD]
    known["/folkeregisteret/hendelser"] = {"hendelser": [], "siste": 0}
    for provider in ("helseid", "idporten"):
        known[f"/{provider}/.well-known/openid-configuration"] = configuration(f"{base}/{provider}")
        known[f"/{provider}/jwks"] = issuer.jwks()
    return known


def professional(hpr_number: str, name: str) -> dict[str, Any]:
    """A doctor in the practitioner register (HPR)."""
    return {"hprNr": hpr_number, "navn": name, "fodselsnummerHash": None, "autorisasjoner": ["LE"]}


def configuration(issuer: str) -> dict[str, str]:
    """An OpenID provider's description of itself, as far as a resource server reads it."""
    return {
        "issuer": issuer,
        "jwks_uri": f"{issuer}/jwks",
        "authorization_endpoint": f"{issuer}/authorize",
        "token_endpoint": f"{issuer}/token",
    }


class Handler(BaseHTTPRequestHandler):
    """Answers from the table; a person is found by number, as one who lives here without protection."""

    protocol_version = "HTTP/1.1"
    wbufsize = -1  # an answer is sent whole: its body as a second small packet would wait 40 ms for the first to be confirmed

    def do_GET(self) -> None:
        """A key set, a practitioner or an organisation."""
        assert isinstance(self.server, Server)
        self._answer(self.server.answers.get(self.path.split("?")[0]))

    def do_POST(self) -> None:
        """The person register: the benchmark's women are in the ledger already, so this is asked for nobody else."""
        self.rfile.read(int(self.headers["Content-Length"]))
        self._answer({"navn": "Kvinne Ytelse", "status": "bosatt", "adressegradering": "ugradert"})

    def _answer(self, body: object) -> None:
        octets = json.dumps(body).encode()
        self.send_response(404 if body is None else 200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(octets)))
        self.end_headers()
        self.wfile.write(octets)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 the library's name
        """Say nothing."""
