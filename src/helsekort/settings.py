"""Every setting of the service, with where it comes from and what it means. Only app.py and cli.py build it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import urlsplit

from helsekort.access.limits import Allowances

DEFAULT_PORT = 8460
SANDBOX_EHRS = ("liksom-journal-lege", "liksom-journal-helsestasjon", "fjordby-sykehus-epj")
"""The client ids of the sandbox's EHRs."""
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


class SettingsError(ValueError):
    """A setting that cannot be used; the message says which and what to do, in one line."""


@dataclass(frozen=True, slots=True)
class Settings:
    """How one service process runs.

    `public_bases` are the addresses clients use (scheme, host, port): a DPoP proof's `htu` must start with one of them; the
    Host header is never used. `sandbox` is the address of the sandbox's stand-ins, None in operation. `workers` is 1: the
    replay memory of DPoP proofs is in the process (ADR 0007). `attestation` says whether a practitioner's token must carry the
    trust framework's attestation ("demanded") or may ("optional"); one that is carried is always checked.
    The `..._persons` are how many different persons one caller may look up within an hour; `request_factor` multiplies the
    number of requests that each may send (ADR 0010).
    `subscribers` are the addresses that notifications of changes may be sent to: "CLIENT=https://...", each for one client id.
    `checkpoints` is a folder that the database's administrator cannot change (ADR 0011).
    """

    database: str
    keys: Path
    checkpoints: Path | None = None
    host: str = "127.0.0.1"
    port: int = DEFAULT_PORT
    public_bases: tuple[str, ...] = ()
    sandbox: str | None = None
    helseid_issuer: str = ""
    idporten_issuer: str = ""
    audience: str = "nhn:maternity-record"
    scope: str = "nhn:maternity-record/api"
    citizen_client_id: str = "helsekort-innbygger"
    person_register: str = ""
    practitioner_register: str = ""
    organisation_register: str = ""
    representation_register: str = ""
    notices: str = ""
    subscribers: tuple[str, ...] = ()
    consent_text_version: str = "2026-1"
    attestation: str = "optional"
    practitioner_persons: int = 200
    organisation_persons: int = 5_000
    client_persons: int = 20_000
    citizen_persons: int = 10
    request_factor: int = 1
    helseid_suppliers: tuple[str, ...] = field(default_factory=tuple)

    def __post_init__(self) -> None:
        if self.attestation not in {"optional", "demanded"}:
            raise SettingsError(
                "The attestation is optional or demanded: give --attestation one of these words."
            )
        if (
            min(
                self.practitioner_persons,
                self.organisation_persons,
                self.client_persons,
                self.citizen_persons,
            )
            < 1
        ):
            raise SettingsError(
                "A budget of persons is 1 or more: to stop a caller, use helsekort switch off."
            )
        if self.request_factor < 1:
            raise SettingsError("The request factor is 1 or more: give --request-factor a whole number.")
        if any(not client or not address for client, address in self._subscribers()):
            raise SettingsError("A subscriber is written CLIENT=https://address: correct --subscribers.")
        if self.sandbox is None:
            self._refuse_sandbox_issuers()
        elif urlsplit(self.sandbox).hostname not in LOOPBACK or self.host not in LOOPBACK:
            raise SettingsError("A sandbox runs on loopback only: use --host 127.0.0.1.")

    @property
    def registered_endpoints(self) -> dict[str, list[str]]:
        """The addresses that each client's notifications may be sent to."""
        registered: dict[str, list[str]] = {}
        for client, address in self._subscribers():
            registered.setdefault(client, []).append(address)
        return registered

    def _subscribers(self) -> list[tuple[str, str]]:
        return [(client, address) for client, _, address in (one.partition("=") for one in self.subscribers)]

    @property
    def checkpoint_folder(self) -> Path:
        """Where the signed heads of the audit log are written; beside the keys where nothing is said."""
        return self.checkpoints or self.keys.parent / "checkpoints"

    @property
    def allowances(self) -> Allowances:
        """What each kind of caller may use."""
        base = Allowances().times(self.request_factor)
        return replace(
            base,
            client=replace(base.client, persons_an_hour=self.client_persons),
            organisation=replace(base.organisation, persons_an_hour=self.organisation_persons),
            machine=replace(base.machine, persons_an_hour=self.organisation_persons),
            practitioner=replace(base.practitioner, persons_an_hour=self.practitioner_persons),
            citizen=replace(base.citizen, persons_an_hour=self.citizen_persons),
        )

    @property
    def allow_synthetic(self) -> bool:
        """Numbers of the fictional series are people only in a sandbox."""
        return self.sandbox is not None

    def _refuse_sandbox_issuers(self) -> None:
        for issuer in (self.helseid_issuer, self.idporten_issuer):
            if not issuer.startswith("https://") or urlsplit(issuer).hostname in LOOPBACK:
                raise SettingsError(
                    "The issuer is missing or a sandbox's: start as a sandbox, or give HelseID's and ID-porten's https address."
                )


def sandbox_settings(*, database: str, keys: Path, port: int, sandbox: str) -> Settings:
    """The settings of a demo: everything outside is the sandbox's stand-in on loopback."""
    return Settings(
        database=database,
        keys=keys,
        port=port,
        public_bases=(f"http://127.0.0.1:{port}", f"http://localhost:{port}"),
        sandbox=sandbox,
        helseid_issuer=f"{sandbox}/helseid",
        idporten_issuer=f"{sandbox}/idporten",
        person_register=f"{sandbox}/folkeregisteret",
        practitioner_register=f"{sandbox}/hpr",
        organisation_register=f"{sandbox}/enhetsregisteret",
        organisation_persons=1_000,
        request_factor=2_000,
        representation_register=f"{sandbox}/representasjon/v1",
        notices=f"{sandbox}/varsel/v1",
        subscribers=tuple(f"{client}={sandbox}/endringer/{client}" for client in SANDBOX_EHRS),
    )
