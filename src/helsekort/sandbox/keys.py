"""The providers' own signing keys: made on first start, kept in the data folder, readable by their owner only."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from joserfc.jwk import Key, import_key

from helsekort.sandbox.signing import new_key, private_jwk, public_jwk

SIGNING_ALGORITHMS = ("RS256", "PS256", "ES256")


class SigningKeys:
    """One key for each algorithm a provider signs with; `kid` is the key's thumbprint (RFC 7638)."""

    def __init__(self, keys: Mapping[str, Key]) -> None:
        self._keys = dict(keys)

    def key(self, alg: str) -> Key:
        """The private key for an algorithm."""
        return self._keys[alg]

    def jwks(self) -> dict[str, list[dict[str, Any]]]:
        """The public keys as a JWK set."""
        return {
            "keys": [
                public_jwk(key, use="sig", alg=alg, kid=key.thumbprint()) for alg, key in self._keys.items()
            ]
        }


def stored_keys(folder: Path, provider: str) -> SigningKeys:
    """The provider's keys from the data folder, made there the first time."""
    path = folder / f"{provider}-keys.json"
    if not path.exists():
        _store(path, {alg: private_jwk(new_key(alg)) for alg in SIGNING_ALGORITHMS})
    stored = json.loads(path.read_text(encoding="utf-8"))
    return SigningKeys({alg: import_key(stored[alg]) for alg in SIGNING_ALGORITHMS})


def _store(path: Path, content: Mapping[str, object]) -> None:
    """Writes beside and renames, so that a stop in between never leaves half a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_suffix(".new")
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(content, file)
    beside.replace(path)
