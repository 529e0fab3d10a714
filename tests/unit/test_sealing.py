"""Sealed bytes open only with the right key, for the right place, unchanged; and packed ones come back as they were."""

import uuid
from collections.abc import Callable

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given
from hypothesis import strategies as st

from helsekort.basics.nin import NationalIdentityNumber
from helsekort.ledger.packing import Packer, train
from helsekort.ledger.parts import DIRECTORY, Numbers
from helsekort.ledger.sealing import KEY_BYTES, Key, Keyring, Unreadable, key_id
from helsekort.ledger.vault import Place, Vault
from tests.conftest import sample_heads

ANNE = NationalIdentityNumber.parse("01819012365", allow_synthetic=True)
PERSON, OTHER, RECORD = (uuid.UUID(int=n) for n in (1, 2, 3))
PARTS = st.dictionaries(st.text(max_size=20), st.binary(max_size=200), max_size=8)
DICTIONARY = train(1, sample_heads())


def a_keyring(*numbers: int) -> Keyring:
    """A keyring with these key-encryption keys."""
    return Keyring(nin_key=b"n" * KEY_BYTES, key_encryption_keys={n: bytes([n]) * KEY_BYTES for n in numbers})


def a_key(number: int = 7) -> Key:
    """A key of that number."""
    return Key(number, AESGCM(b"k" * KEY_BYTES))


@given(plain=st.binary(max_size=300), place=st.binary(max_size=40))
def test_what_is_sealed_opens_again_and_differs_each_time(plain: bytes, place: bytes) -> None:
    key = a_key()
    sealed = key.seal(plain, place=place, dictionary=3)
    assert key.open(sealed, place=place) == plain
    assert key_id(sealed) == 7
    assert key.seal(plain, place=place, dictionary=3) != sealed


@given(data=st.data())
def test_one_changed_bit_is_noticed_wherever_it_is(data: st.DataObject) -> None:
    sealed = bytearray(a_key().seal(b"a visit in week 12", place=b"here"))
    bit = data.draw(st.integers(0, len(sealed) * 8 - 1))
    sealed[bit // 8] ^= 1 << bit % 8
    with pytest.raises(Unreadable):
        a_key().open(bytes(sealed), place=b"here")


@pytest.mark.parametrize("length", [0, 5, 20, 36])
def test_cut_bytes_are_noticed(length: int) -> None:
    sealed = a_key().seal(b"x", place=b"here")
    with pytest.raises(Unreadable):
        a_key().open(sealed[:length], place=b"here")


def test_the_same_bytes_in_another_place_do_not_open() -> None:
    vault = Vault(a_keyring(1), Packer({}))
    place, key, parts = Place(PERSON, RECORD, 4), a_key(), {"mother": b"m"}
    openers: dict[bytes, Callable[[Place, Key, bytes], object]] = {
        vault.seal_card(place, key, parts): vault.open_card,
        dict(vault.seal_change(place, key, parts))[DIRECTORY]: lambda *where: vault.open_parts(
            where[0], where[1], {DIRECTORY: where[2]}
        ),
        vault.seal_commit(place, key, parts, {}): vault.open_commit,
    }
    others = [Place(OTHER, RECORD, 4), Place(PERSON, OTHER, 4), Place(PERSON, RECORD, 3)]
    for sealed, right in openers.items():
        right(place, key, sealed)
        for opener in openers.values():
            for where in [place, *others]:
                if (opener, where) != (right, place):
                    with pytest.raises(Unreadable):
                        opener(where, key, sealed)
        with pytest.raises(Unreadable):
            right(place, Key(7, AESGCM(b"x" * KEY_BYTES)), sealed)


def test_a_wrapped_key_is_one_persons_and_fresh_each_time() -> None:
    keyring = a_keyring(1)
    first, second = keyring.new_data_key(PERSON), keyring.new_data_key(PERSON)
    sealed = keyring.unwrap(first, person=PERSON).seal(b"x", place=b"")
    assert keyring.unwrap(first, person=PERSON).open(sealed, place=b"") == b"x"
    with pytest.raises(Unreadable):
        keyring.unwrap(second, person=PERSON).open(sealed, place=b"")
    with pytest.raises(Unreadable):
        keyring.unwrap(first, person=OTHER)
    with pytest.raises(Unreadable):
        a_keyring(2).unwrap(first, person=PERSON)


def test_the_highest_key_wraps_and_all_unwrap() -> None:
    old, both = a_keyring(1), a_keyring(1, 2)
    wrapped = old.new_data_key(PERSON)
    again = both.reseal(wrapped, place=b"key" + PERSON.bytes)
    assert again is not None
    assert (key_id(wrapped), key_id(again), key_id(both.new_data_key(PERSON))) == (1, 2, 2)
    assert both.reseal(again, place=b"key" + PERSON.bytes) is None
    sealed = old.unwrap(wrapped, person=PERSON).seal(b"x", place=b"")
    assert a_keyring(2).unwrap(again, person=PERSON).open(sealed, place=b"") == b"x"


def test_a_number_is_found_by_a_keyed_hash_and_stored_sealed() -> None:
    keyring = a_keyring(1)
    assert keyring.hash_of(ANNE) == a_keyring(5).hash_of(ANNE)
    assert keyring.hash_of(ANNE) != Keyring(
        nin_key=b"x" * KEY_BYTES, key_encryption_keys={1: b"k" * 32}
    ).hash_of(ANNE)
    sealed = keyring.seal_number(ANNE, person=PERSON)
    assert ANNE.reveal().encode() not in sealed
    assert keyring.reseal(sealed, place=b"nin" + PERSON.bytes) is None


def test_proofs_tell_keys_apart_and_are_not_the_keys() -> None:
    proofs = a_keyring(1, 2).proofs()
    assert set(proofs) == {"nin", "kek-1", "kek-2"}
    assert len(set(proofs.values()) | {b"n" * 32, b"\1" * 32, b"\2" * 32}) == 6


@given(parts=PARTS, changed=PARTS, trained=st.booleans())
def test_what_is_packed_comes_back(parts: dict[str, bytes], changed: dict[str, bytes], trained: bool) -> None:  # noqa: FBT001
    packer = Packer({1: DICTIONARY} if trained else {})
    assert packer.unpack_all(packer.pack(parts)) == parts
    assert packer.unpack_pair(packer.pack_pair(parts, changed)) == (parts, changed)
    assert all(packer.unpack(packer.pack_part(part)) == part for part in parts.values())
    directory = {name: (2**63 - 1 - n, n) for n, name in enumerate(changed)}
    assert packer.unpack_directory(packer.pack_directory(directory)) == directory


@given(parts=PARTS, changed=PARTS)
def test_a_change_seals_what_it_changes_and_the_directory(
    parts: dict[str, bytes], changed: dict[str, bytes]
) -> None:
    vault, key = Vault(a_keyring(1), Packer({1: DICTIONARY})), a_key()
    first, second = Place(PERSON, RECORD, 1), Place(PERSON, RECORD, 2)
    rows = dict(vault.seal_change(first, key, parts))
    before = vault.open_parts(first, key, rows)
    assert dict(before) == parts
    after = dict(vault.seal_change(second, key, changed, before))
    numbers = {vault.keyring.parts.of(RECORD, name) for name in changed}
    assert set(after) == {DIRECTORY} | numbers
    opened = vault.open_parts(second, key, rows | after)
    assert dict(opened) == parts | changed
    written = {name: t for name, (_, t) in opened.directory.items()}
    assert written == dict.fromkeys(parts, 1) | dict.fromkeys(changed, 2)


def test_a_part_cannot_be_left_out_put_back_or_swapped() -> None:
    vault, key = Vault(a_keyring(1), Packer({})), a_key()
    first, second = Place(PERSON, RECORD, 1), Place(PERSON, RECORD, 2)
    old = dict(vault.seal_change(first, key, {"a": b"1", "b": b"2"}))
    new = old | dict(vault.seal_change(second, key, {"a": b"3"}, vault.open_parts(first, key, old)))
    a, b = (vault.keyring.parts.of(RECORD, name) for name in "ab")
    assert dict(vault.open_parts(second, key, new)) == {"a": b"3", "b": b"2"}
    for spoilt in (
        {number: row for number, row in new.items() if number != a},  # left out
        new | {a: old[a]},  # as it was
        new | {a: new[b], b: new[a]},  # swapped
    ):
        with pytest.raises(Unreadable):
            dict(vault.open_parts(second, key, spoilt))
    for spoilt in (new | {DIRECTORY: old[DIRECTORY]}, {a: new[a], b: new[b]}):
        with pytest.raises(Unreadable):
            vault.open_parts(second, key, spoilt)


def test_two_parts_of_one_number_are_refused() -> None:
    vault, key, place = Vault(a_keyring(1), Packer({})), a_key(), Place(PERSON, RECORD, 1)
    rows = dict(vault.seal_change(place, key, {"a": b"1"}))
    taken = rows | {vault.keyring.parts.of(RECORD, "b"): b"another's"}
    with pytest.raises(Unreadable):
        vault.seal_change(place, key, {"b": b"2"}, vault.open_parts(place, key, taken))


def test_numbers_differ_between_records_and_keys() -> None:
    numbers, others = Numbers(b"k" * KEY_BYTES), Numbers(b"x" * KEY_BYTES)
    assert len({numbers.of(RECORD, "a"), numbers.of(OTHER, "a"), others.of(RECORD, "a")}) == 3


def test_what_an_older_dictionary_made_is_still_read() -> None:
    parts = sample_heads()[0]
    none, first = Packer({}), Packer({1: DICTIONARY})
    second = Packer({1: DICTIONARY, 2: train(2, sample_heads()[::-1])})
    for older in (none, first):
        assert second.unpack_all(older.pack(parts)) == parts
        assert all(second.unpack(older.pack_part(part)) == part for part in parts.values())
    assert first.unpack_all(none.pack(parts)) == parts
    one_part = dict(list(parts.items())[:1])
    assert len(first.pack(one_part)) < len(none.pack(one_part))
