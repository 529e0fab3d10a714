"""The bare ASGI server: uvicorn as the service runs it, answering every request with the same bytes. A limit, not a service.

Run as `python -m bench.bare PORT FILE`.
"""

from __future__ import annotations

import socket
import sys
from pathlib import Path

import uvicorn
import uvloop
from starlette.types import ASGIApp, Receive, Scope, Send


def answering(body: bytes) -> ASGIApp:
    """An ASGI application that reads the request and answers with the body."""
    head = {
        "type": "http.response.start",
        "status": 200,
        "headers": [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())],
    }

    async def application(_scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send(head)
        await send({"type": "http.response.body", "body": body})

    return application


def server_config(application: ASGIApp) -> uvicorn.Config:
    """uvicorn with the settings that the service has (helsekort/app.py)."""
    return uvicorn.Config(
        application,
        http="httptools",
        ws="none",
        lifespan="off",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        log_config=None,
    )


def main() -> None:
    """Serve on the port until stopped."""
    port, file = int(sys.argv[1]), Path(sys.argv[2])
    with socket.create_server(("127.0.0.1", port)) as listening:
        server = uvicorn.Server(server_config(answering(file.read_bytes())))
        uvloop.run(server.serve([listening]))


if __name__ == "__main__":
    main()
