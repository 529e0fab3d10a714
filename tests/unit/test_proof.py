"""Chapter: the DPoP proof. Which are taken, which are refused, and that each works once (checks D1 to D11)."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier
from typing import Any

import pytest

from helsekort.access.proof import MAX_LENGTH, REMEMBERED, ProofPolicy
from helsekort.access.replay import ReplayMemory
from helsekort.access.token import Claims
from helsekort.basics.refusal import Kind, Refused
from tests.abuse.minting import BASE, NOW, PATH, Checks, Json, Mint, b64, key, part, public_jwk, sign

SECOND = int(NOW)


def present(mint: Mint, checks: Checks | None = None) -> tuple[Checks, Claims, str]:
    """Checks, verified claims and a proof of the mint's."""
    checks = checks or Checks()
    token = mint.token()
    return checks, checks.token(f"DPoP {token}"), mint.proof(token)


@pytest.mark.parametrize("proof_alg", ["ES256", "ES384", "ES512", "RS256", "PS256"])
@pytest.mark.parametrize("alg", ["RS256", "PS256", "ES256"])
def test_every_pair_of_algorithms_is_taken(alg: str, proof_alg: str) -> None:
    Checks().both(Mint(alg=alg, proof_alg=proof_alg))


TAKEN: dict[str, Json] = {
    "query and fragment": {"htu": f"{BASE}{PATH}?a=b#c"},
    "scheme and host in capitals": {"htu": f"HTTPS://API.EXAMPLE{PATH}"},
    "default port": {"htu": f"https://api.example:443{PATH}"},
    "made fifteen seconds ago": {"iat": SECOND - 15},
    "made five seconds from now": {"iat": SECOND + 5},
    "made at a part of a second": {"iat": NOW - 0.5},
    "shortest id": {"jti": "12345678"},
    "longest id": {"jti": "x" * 256},
    "members nobody knows": {"nonce": "n", "exp": 1},
}


@pytest.mark.parametrize("name", TAKEN)
def test_these_are_taken(name: str) -> None:
    Checks().both(Mint(proof_claims=TAKEN[name]))


WRONG_CLAIMS: dict[str, Json] = {
    "no htm": {"htm": None},
    "another method": {"htm": "POST"},
    "method in small letters": {"htm": "get"},
    "method as a list": {"htm": ["GET"]},
    "no htu": {"htu": None},
    "another path": {"htu": BASE + PATH + "x"},
    "a path below": {"htu": BASE + PATH + "/"},
    "a path above": {"htu": BASE + "/api"},
    "no path": {"htu": BASE},
    "path in capitals": {"htu": BASE + PATH.upper()},
    "another host": {"htu": f"https://api.example.evil{PATH}"},
    "our host as the user": {"htu": f"https://api.example@evil.example{PATH}"},
    "a user at our host": {"htu": f"https://evil@api.example{PATH}"},
    "no user at our host": {"htu": f"https://@api.example{PATH}"},
    "another port": {"htu": f"https://api.example:8443{PATH}"},
    "a port that is none": {"htu": f"https://api.example:https{PATH}"},
    "not encrypted": {"htu": f"http://api.example{PATH}"},
    "host missing": {"htu": PATH},
    "a tab that readers drop": {"htu": f"https://api.exa\tmple{PATH}"},
    "a space before": {"htu": f" {BASE}{PATH}"},
    "look-alike letters": {"htu": f"https://\u0430pi.example{PATH}"},
    "broken brackets": {"htu": f"https://[api.example{PATH}"},
    "address as a list": {"htu": [BASE + PATH]},
    "no ath": {"ath": None},
    "another token": {"ath": b64(bytes(32))},
    "no iat": {"iat": None},
    "iat as text": {"iat": str(SECOND)},
    "iat as true": {"iat": True},
    "too old": {"iat": SECOND - 16},
    "too early": {"iat": SECOND + 6},
    "beyond reason": {"iat": 10**50},
    "no jti": {"jti": None},
    "jti too short": {"jti": "1234567"},
    "jti too long": {"jti": "x" * 257},
    "jti as a number": {"jti": 12345678},
}


@pytest.mark.parametrize("name", WRONG_CLAIMS)
def test_proofs_for_something_else_are_refused(name: str) -> None:
    checks, claims, proof = present(Mint(proof_claims=WRONG_CLAIMS[name]))
    _refused(checks, claims, proof)


PUBLIC = public_jwk(key("ES256", 1))
WRONG_HEADERS: dict[str, Json] = {
    "no typ": {"typ": None},
    "typ of a token": {"typ": "at+jwt"},
    "typ in capitals": {"typ": "DPOP+JWT"},
    "no alg": {"alg": None},
    "alg none": {"alg": "none"},
    "symmetric alg": {"alg": "HS256"},
    "alg as a list": {"alg": ["ES256"]},
    "alg of another kind of key": {"alg": "RS256"},
    "alg of another curve": {"alg": "ES384"},
    "no jwk": {"jwk": None},
    "jwk as text": {"jwk": json.dumps(PUBLIC)},
    "a secret as jwk": {"jwk": {"kty": "oct", "k": "AAAA"}},
    "another key": {"jwk": public_jwk(key("ES256", 2))},
    "the private key": {"jwk": {**PUBLIC, "d": "AAAA"}},
    "crit": {"crit": ["b64"], "b64": True},
    "b64": {"b64": False},
    "kid alone": {"jwk": None, "kid": "k-ES256"},
}


@pytest.mark.parametrize("name", WRONG_HEADERS)
def test_proofs_with_another_header_are_refused(name: str) -> None:
    checks, claims, proof = present(Mint(proof_header=WRONG_HEADERS[name]))
    _refused(checks, claims, proof)


def _signed_by_another(proof: str) -> str:
    """The right key in the header, another's signature."""
    header, claims = part(proof, 0), part(proof, 1)
    return sign(header, claims, key("ES256", 2), "ES256")


def _key_swapped(proof: str) -> str:
    """A stranger's key and signature over the same claims."""
    header, claims = part(proof, 0), part(proof, 1)
    return sign({**header, "jwk": public_jwk(key("ES256", 2))}, claims, key("ES256", 2), "ES256")


BROKEN: dict[str, Callable[[str], list[str]]] = {
    "no proof": lambda _: [],
    "two proofs": lambda proof: [proof, proof],
    "two in one header": lambda proof: [f"{proof},{proof}"],
    "no signature": lambda proof: [proof.rpartition(".")[0] + "."],
    "signature of zeros": lambda proof: [proof.rpartition(".")[0] + "." + b64(bytes(64))],
    "signature too short": lambda proof: [proof.rpartition(".")[0] + "." + b64(b"\1" * 63)],
    "signed by another": lambda proof: [_signed_by_another(proof)],
    "key swapped": lambda proof: [_key_swapped(proof)],
    "too long": lambda proof: [proof + "A" * MAX_LENGTH],
    "not ASCII": lambda proof: [proof + "å"],
    "not a proof": lambda _: ["a.b.c"],
    "empty": lambda _: [""],
}


@pytest.mark.parametrize("name", BROKEN)
def test_broken_proofs_are_refused(name: str) -> None:
    checks, claims, proof = present(Mint())
    _refused(checks, claims, *BROKEN[name](proof))


def test_a_proof_has_four_kibibytes_and_no_more() -> None:
    checks, claims, proof = present(Mint())
    header, payload = part(proof, 0), part(proof, 1)
    padded = [
        sign(header, {**payload, "pad": "x" * size}, key("ES256", 1), "ES256") for size in range(2550, 2650)
    ]
    longest = max((text for text in padded if len(text) <= 4096), key=len)
    too_long = min((text for text in padded if len(text) > 4096), key=len)
    assert len(too_long) - len(longest) <= 2
    _refused(checks, claims, too_long)
    checks.proof([longest], claims)


def test_letters_that_become_ours_in_lower_case_are_not_ours() -> None:
    """The Kelvin sign in lower case is k."""
    policy = ProofPolicy.for_bases(["https://kort.example"])
    Checks(policy=policy).both(Mint(proof_claims={"htu": f"https://KORT.example{PATH}"}))
    with pytest.raises(Refused):
        Checks(policy=policy).both(Mint(proof_claims={"htu": f"https://\u212aort.example{PATH}"}))


def test_a_proof_made_for_another_method_or_path_is_refused() -> None:
    checks, claims, proof = present(Mint())
    _refused(checks, claims, proof, method="DELETE")
    _refused(checks, claims, proof, path="/api/maternity-record/v1/history")
    checks.proof([proof], claims)


def test_a_proof_works_once_and_a_refused_one_is_not_used_up() -> None:
    checks, claims, proof = present(Mint())
    _refused(checks, claims, _signed_by_another(proof))
    checks.proof([proof], claims)
    _refused(checks, claims, proof)
    _refused(checks, claims, proof, now=NOW + 14.9)


def test_the_same_proof_id_of_another_key_is_another_proof() -> None:
    checks = Checks()
    one, other = (
        Mint(proof_claims={"jti": "the same id"}),
        Mint("RS256", "ES384", proof_claims={"jti": "the same id"}),
    )
    checks.both(one)
    checks.both(other)
    with pytest.raises(Refused):
        checks.both(one)


def test_of_two_hundred_at_once_exactly_one_is_taken() -> None:
    checks, claims, proof = present(Mint())
    together = Barrier(50)

    def attempt(number: int) -> bool:
        if number < 50:
            together.wait()
        try:
            checks.proof([proof], claims)
        except Refused:
            return False
        return True

    with ThreadPoolExecutor(50) as pool:
        assert sum(pool.map(attempt, range(200))) == 1


@pytest.mark.parametrize(("issued", "taken"), [(-1, False), (0, False), (1, True), (3, True)])
def test_after_a_start_only_proofs_made_later_are_taken(*, issued: int, taken: bool) -> None:
    """The memory is empty then: what was made before may have been used before."""
    start = SECOND + 0.4
    checks, claims, proof = present(
        Mint(proof_claims={"iat": SECOND + issued}), Checks(replay=ReplayMemory(started=start))
    )
    if taken:
        checks.proof([proof], claims, now=start + 2)
    else:
        _refused(checks, claims, proof, now=start + 2)


def test_a_proof_of_the_moment_of_the_start_is_refused() -> None:
    checks, claims, proof = present(Mint(), Checks(replay=ReplayMemory(started=NOW)))
    _refused(checks, claims, proof)


def test_what_was_used_is_known_as_long_as_it_could_be_taken_and_then_forgotten() -> None:
    memory = ReplayMemory(started=NOW)
    seconds = range(1, 200)
    for second in seconds:
        assert memory.first_use("key", f"id-{second}", now=NOW + second)
        for used in range(max(1, second - 25), second + 1):
            assert not memory.first_use("key", f"id-{used}", now=NOW + second)
    assert len(memory) <= 50


def test_when_the_clock_is_set_back_what_was_forgotten_is_refused_by_age() -> None:
    memory = ReplayMemory(started=NOW)
    for second in range(1, 300):
        memory.first_use("key", f"id-{second}", now=NOW + second)
    back = NOW + 100
    forgotten = [
        second
        for second in range(1, 300)
        if memory.vouches_for(NOW + second) and memory.first_use("key", f"id-{second}", now=back)
    ]
    assert forgotten == []


def test_a_proof_made_ahead_of_its_time_is_not_taken_again_when_the_clock_is_set_back() -> None:
    memory = ReplayMemory(started=NOW, retain=25, ahead=5)
    assert memory.first_use("key", "made for NOW + 30", now=NOW + 24.9)
    for later in (25, 50, 51):
        assert memory.first_use("key", f"id-{later}", now=NOW + later)
    assert memory.first_use(
        "key", "made for NOW + 30", now=NOW + 26
    )  # forgotten by now, so its age must tell
    assert not memory.vouches_for(NOW + 29.9)


@pytest.mark.parametrize(
    ("issued", "now", "taken"), [(0, 15, True), (0, 15.5, False), (5, 0, True), (6, 0.5, False)]
)
def test_a_proof_is_good_for_fifteen_seconds_and_may_be_five_early(
    *, issued: int, now: float, taken: bool
) -> None:
    checks = Checks(policy=ProofPolicy.for_bases([BASE]))
    checks, claims, proof = present(Mint(proof_claims={"iat": SECOND + issued}), checks)
    if taken:
        checks.proof([proof], claims, now=SECOND + now)
    else:
        _refused(checks, claims, proof, now=SECOND + now)


def test_the_memory_counts_both_its_halves_and_takes_any_text_for_an_id() -> None:
    memory = ReplayMemory(started=NOW, retain=25)
    assert memory.first_use("key", "\ud800 alone is no character", now=NOW)
    assert memory.first_use("key", "the second", now=NOW + 25)
    assert len(memory) == 2


def test_a_use_is_remembered_for_twenty_five_seconds_and_proofs_may_be_five_ahead() -> None:
    memory = ReplayMemory(started=NOW)
    for later in (0, 25, 50):
        assert memory.first_use("key", f"id-{later}", now=NOW + later)
    assert len(memory) == 2
    assert not memory.vouches_for(NOW + 30)
    assert memory.vouches_for(NOW + 30.5)


def test_the_clock_set_back_does_not_let_a_proof_through_twice() -> None:
    checks, claims, proof = present(Mint())
    checks.proof([proof], claims)
    for step in range(1, 6):
        later = NOW + 30 * step
        again = Mint(claims={"exp": int(NOW) + 900}, proof_claims={"iat": int(later)})
        token = again.token()
        checks.proof([again.proof(token)], checks.token(f"DPoP {token}"), now=later)
    _refused(checks, claims, proof)


def test_several_public_addresses_and_a_path_before_ours() -> None:
    policy = ProofPolicy.for_bases(
        ["http://LOCALHOST:80", "https://api.example:8443/dhg/", "http://[::1]:8460"]
    )
    for base in (
        "http://localhost",
        "https://api.example:8443/dhg",
        "http://[::1]:8460",
        "HTTP://[::1]:8460",
    ):
        Checks(policy=policy).both(Mint(proof_claims={"htu": base + PATH}))
    for base in (
        "https://localhost",
        "https://api.example:8443",
        "http://localhost:8460",
        "http://[::2]:8460",
    ):
        with pytest.raises(Refused):
            Checks(policy=policy).both(Mint(proof_claims={"htu": base + PATH}))


def test_of_a_public_address_only_slashes_at_the_end_are_dropped() -> None:
    policy = ProofPolicy.for_bases(["https://card.example/box/"])
    Checks(policy=policy).both(Mint(proof_claims={"htu": f"https://card.example/box{PATH}"}))


def test_headers_that_were_seen_are_checked_like_new_ones() -> None:
    checks = Checks()
    checks.both(Mint())
    assert len(checks.headers) == 1
    checks.both(Mint())
    assert len(checks.headers) == 1
    _, claims, proof = present(Mint("RS256", "ES384"), checks)
    with pytest.raises(Refused):
        checks.proof([proof], replace(claims, key="a" * 43))
    assert len(checks.headers) == 1
    assert REMEMBERED >= 1000


def _refused(checks: Checks, claims: Claims, *proofs: str, **where: Any) -> None:  # noqa: ANN401
    with pytest.raises(Refused) as refusal:
        checks.proof(proofs, claims, **where)
    assert refusal.value.kind is Kind.UNAUTHENTICATED
    assert refusal.value.issues[0].where == "DPoP"
