"""The service's own key, with which it authenticates at ID-porten (private_key_jwt, RFC 7523)."""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import Any

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import RSAKey

from helsekort.basics.startup import CannotStart

ALGORITHM = "RS256"
BITS = 3072
SECONDS_VALID = 30


class ClientKey:
    """A private key that never leaves its file and this object."""

    def __init__(self, key: RSAKey) -> None:
        self._key = key
        self._kid = key.thumbprint()

    @classmethod
    def in_folder(cls, folder: Path, *, client_id: str) -> ClientKey:
        """The key in the folder, made there on first start, readable by this user only. Raises CannotStart."""
        path = folder / f"{client_id}.pem"
        try:
            if not path.exists():
                _make(path)
            if path.stat().st_mode & 0o007:
                raise CannotStart(
                    f"{path} can be read by everybody: chmod 600 it, and register a new key if need be."
                )
            return cls(RSAKey.import_key(path.read_bytes()))
        except OSError as error:
            raise CannotStart(
                f"Cannot read or make {path} ({error.strerror}). Check the folder of keys."
            ) from None
        except (ValueError, JoseError):
            raise CannotStart(
                f"{path} is not a private RSA key in PEM. Put it back, or move it away."
            ) from None

    @property
    def kid(self) -> str:
        """The key's id in the JWK set."""
        return self._kid

    def private_pem(self) -> bytes:
        """The private half, for a library that signs; it is not to be kept."""
        return self._key.as_pem(private=True)

    def public_jwks(self) -> dict[str, Any]:
        """The public half as a JWK set, for /.well-known/jwks.json."""
        return {
            "keys": [{**self._key.as_dict(private=False), "kid": self._kid, "use": "sig", "alg": ALGORITHM}]
        }

    def assertion(self, *, client_id: str, audience: str, now: float) -> str:
        """A client assertion for one request: half a minute, one use."""
        issued = int(now)
        claims = {
            "iss": client_id,
            "sub": client_id,
            "aud": audience,
            "iat": issued,
            "nbf": issued,
            "exp": issued + SECONDS_VALID,
            "jti": secrets.token_urlsafe(24),
        }
        return jwt.encode({"alg": ALGORITHM, "typ": "JWT", "kid": self._kid}, claims, self._key)


def _make(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    beside = path.with_suffix(".new")
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(RSAKey.generate_key(BITS).as_pem(private=True))
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)
