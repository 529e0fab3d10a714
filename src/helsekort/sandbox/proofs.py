"""DPoP (RFC 9449) as a provider checks it: the key a token will be bound to, shown by a proof with the provider's nonce."""

from __future__ import annotations

import hashlib
import hmac
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from starlette.requests import Request

from helsekort.sandbox.oauth import OAuthError, Once, Seconds
from helsekort.sandbox.signing import (
    ALGORITHMS,
    BadSignature,
    Signed,
    encode64,
    public_key,
    unverified,
    verify,
)

WINDOW_BEFORE, WINDOW_AFTER = 60, 5
NONCE_LIFE = 120


class Nonces:
    """Server nonces (RFC 9449 section 8): no state, one for each two minutes, the one before still good."""

    def __init__(self, *, secret: bytes, now: Seconds) -> None:
        self._secret = secret
        self._now = now

    def current(self) -> str:
        """The nonce to give out."""
        return self._of(int(self._now()) // NONCE_LIFE)

    def good(self, nonce: object) -> bool:
        """True for this nonce and the one before."""
        period = int(self._now()) // NONCE_LIFE
        return isinstance(nonce, str) and nonce in {self._of(period), self._of(period - 1)}

    def _of(self, period: int) -> str:
        return encode64(hmac.digest(self._secret, str(period).encode(), hashlib.sha256))


class ProofCheck:
    """Checks the proof of a request to one of a provider's endpoints."""

    def __init__(self, *, nonces: Nonces, now: Seconds) -> None:
        self._nonces = nonces
        self._now = now
        self._once = Once(now=now)

    def thumbprint(self, request: Request, *, url: str) -> str | None:
        """The thumbprint of the key that signed the request's proof; None where there is no proof."""
        proofs = request.headers.getlist("dpop")
        if not proofs:
            return None
        if len(proofs) > 1:
            raise _refused("send one DPoP header")
        try:
            return self._checked(proofs[0], method=request.method, url=url)
        except BadSignature as error:
            raise _refused(str(error)) from error

    def _checked(self, proof: str, *, method: str, url: str) -> str:
        header = unverified(proof).header
        if header.get("typ") != "dpop+jwt" or header.get("alg") not in ALGORITHMS:
            raise BadSignature("typ is dpop+jwt and alg one of RS, PS, ES 256-512")
        key = public_key(header.get("jwk"))
        signed = verify(proof, key)
        self._check_claims(signed, method=method, url=url)
        thumbprint = key.thumbprint()
        if not self._once.first_use(
            thumbprint, signed.claims["jti"], until=self._now() + WINDOW_BEFORE + WINDOW_AFTER
        ):
            raise BadSignature("the proof was used before")
        return thumbprint

    def _check_claims(self, signed: Signed, *, method: str, url: str) -> None:
        claims: dict[str, Any] = signed.claims
        issued, now = claims.get("iat"), self._now()
        if claims.get("htm") != method or _bare(claims.get("htu")) != _bare(url):
            raise BadSignature("htm and htu are this request's method and address")
        if isinstance(issued, bool) or not isinstance(issued, int | float):
            raise BadSignature("iat is a number of seconds")
        if not now - WINDOW_BEFORE <= issued <= now + WINDOW_AFTER:
            raise BadSignature("iat is not about now")
        if not isinstance(claims.get("jti"), str) or not 8 <= len(claims["jti"]) <= 256:
            raise BadSignature("jti is a text of 8 to 256 characters")
        if not self._nonces.good(claims.get("nonce")):
            raise OAuthError(
                "use_dpop_nonce",
                "sign the proof with this nonce",
                headers={"DPoP-Nonce": self._nonces.current()},
            )


def _bare(url: object) -> str:
    """An address without query and fragment, scheme and host in lower case."""
    try:
        parts = urlsplit(url if isinstance(url, str) else "")
    except ValueError as error:
        raise BadSignature("htu is not an address") from error
    return urlunsplit((parts.scheme.lower(), parts.netloc.lower(), parts.path, "", ""))


def _refused(description: str) -> OAuthError:
    return OAuthError("invalid_dpop_proof", description)
