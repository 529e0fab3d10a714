"""The benchmark's stand-in for the registers answers at once: what waits there would be measured as the service's own."""

import socket

from bench.callers import practitioners
from bench.national import National

ASKED = 20  # the first few are confirmed at once by the kernel, and tell nothing


def test_an_answer_is_sent_whole() -> None:
    question = (
        f"GET /hpr/helsepersonell/{practitioners()[0].hpr_number} HTTP/1.1\r\nHost: localhost\r\n\r\n"
    ).encode()
    with National() as national, socket.create_connection(("127.0.0.1", national.port), 5) as asking:
        for _ in range(ASKED):
            asking.sendall(question)
            head, _, body = asking.recv(65536).partition(b"\r\n\r\n")
            assert body
            assert b"Content-Length: %d" % len(body) in head
