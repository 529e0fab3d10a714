"""The Merkle tree: RFC 6962's own vectors, and a naive recursion word for word from its section 2.1."""

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helsekort.audit.leaf import leaf_hash
from helsekort.audit.tree import EMPTY, Tree

# The reference entries and roots that certificate-transparency's own implementation is tested with (merkle_tree_test).
ENTRIES = [
    bytes.fromhex(entry)
    for entry in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


def naive(entries: list[bytes]) -> bytes:
    """RFC 6962 section 2.1, as it is written."""
    if not entries:
        return sha256().digest()
    if len(entries) == 1:
        return sha256(b"\x00" + entries[0]).digest()
    k = 1
    while k * 2 < len(entries):
        k *= 2
    return sha256(b"\x01" + naive(entries[:k]) + naive(entries[k:])).digest()


def test_the_known_roots() -> None:
    tree = Tree()
    assert tree.root() == EMPTY == sha256().digest()
    for entry, root in zip(ENTRIES, ROOTS, strict=True):
        tree.add([leaf_hash(entry)])
        assert tree.root().hex() == root


@given(st.lists(st.lists(st.binary(max_size=4), max_size=40), max_size=6))
def test_however_they_are_added_the_root_is_the_naive_one(batches: list[list[bytes]]) -> None:
    tree, entries = Tree(), list[bytes]()
    for batch in batches:
        tree.add([leaf_hash(entry) for entry in batch])
        entries += batch
        assert tree.root() == naive(entries)
        assert tree.size == len(entries)
        tree = Tree.of(tree.size, tree.peaks)  # as after a restart


@given(st.lists(st.binary(max_size=4), min_size=1, max_size=70), st.data())
def test_any_change_gives_another_root(entries: list[bytes], data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(entries) - 1))
    other = list(entries)
    other[place] += b"x"
    roots = {naive(entries), naive(other), naive(entries[:-1]), naive([*entries, b"x"])}
    assert len(roots) == 4


def test_peaks_that_cannot_be_are_refused() -> None:
    with pytest.raises(ValueError, match="shorter"):
        Tree.of(5, [b"a" * 32])
    with pytest.raises(ValueError, match="longer"):
        Tree.of(4, [b"a" * 32, b"b" * 32])
