"""The key that signs the heads of the audit log: Ed25519, in the folder of keys, never in the database."""

from __future__ import annotations

import os
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from helsekort.basics.startup import CannotStart

NAME = "audit-signing.key"


def signing_key(folder: Path) -> Ed25519PrivateKey:
    """The key in the folder, made there on first start, readable by this user only. Raises CannotStart."""
    path = folder / NAME
    try:
        if not path.exists():
            _make(path)
        if path.stat().st_mode & 0o077:
            raise CannotStart(f"Others can read the key {path}. Do: chmod 400 {path}")
        key = load_pem_private_key(path.read_bytes(), password=None)
    except OSError as error:
        raise CannotStart(f"The key {path} cannot be read or made ({error.strerror}).") from None
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise CannotStart(f"{path} is not a private Ed25519 key in PEM. Put back the right file.") from None
    if not isinstance(key, Ed25519PrivateKey):
        raise CannotStart(f"{path} is not a private Ed25519 key in PEM. Put back the right file.")
    return key


def public_pem(key: Ed25519PrivateKey) -> str:
    """What an auditor needs: the public half in PEM."""
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def public_key(path: Path) -> Ed25519PublicKey:
    """The public key in a PEM file; raises CannotStart."""
    try:
        key = load_pem_public_key(path.read_bytes())
    except OSError as error:
        raise CannotStart(f"The key {path} cannot be read ({error.strerror}).") from None
    except (ValueError, UnsupportedAlgorithm):
        raise CannotStart(f"{path} is not a public key in PEM: helsekort audit key prints it.") from None
    if not isinstance(key, Ed25519PublicKey):
        raise CannotStart(f"{path} is not an Ed25519 key: helsekort audit key prints it.")
    return key


def _make(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    pem = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    beside = path.with_suffix(f".new-{os.getpid()}")
    with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o400), "wb") as file:
        file.write(pem)
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(beside, path)  # unlike a rename, never in place of a key that another start made meanwhile
    except FileExistsError:
        pass  # another start's key stands, and is read like any other
    finally:
        beside.unlink()
