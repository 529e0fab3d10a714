"""What the pages are told by the composition: values only."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit


@dataclass(frozen=True, slots=True)
class PageSettings:
    """How the pages run. `public_bases` are the addresses a browser may use, the first one the canonical.

    `hide_address` is where Skjul goes: a neutral page, by default an empty one of our own.
    """

    public_bases: tuple[str, ...]
    client_id: str
    consent_text_version: str
    language: str = "nb"
    hide_address: str = "/ny-fane"

    @property
    def secure(self) -> bool:
        """True where every address is https, as in operation; the sandbox on loopback is http."""
        return all(base.startswith("https://") for base in self.public_bases)

    @property
    def session_cookie(self) -> str:
        """The name that binds the cookie to this host where it is served over https."""
        return "__Host-helsekort" if self.secure else "helsekort-session"

    @property
    def login_cookie(self) -> str:
        """The cookie of a login that is under way."""
        return "__Host-helsekort-login" if self.secure else "helsekort-login"

    @property
    def form_targets(self) -> str:
        """Where a form may end up, for the Content-Security-Policy: here, and the host Skjul goes to."""
        target = urlsplit(self.hide_address)
        return f"'self' {target.scheme}://{target.netloc}" if target.netloc else "'self'"
