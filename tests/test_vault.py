"""Sealing: what a thief of the database, or of its backups, can and cannot do with what is in it."""

import base64
import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.vault import Undecryptable, Vault

K1, K2 = (base64.b64encode(os.urandom(32)).decode() for _ in range(2))
PLACE = "token|access|ALICE"
TOKEN = "NGQ0ZjY4ZDIt_PF84_1eb65fdf-9643-417f-9974-ad72cae0e10f"


def test_what_is_sealed_opens_again_and_shows_nothing() -> None:
    vault = Vault(f"k1:{K1}")
    sealed = vault.seal(TOKEN, PLACE)
    assert vault.open(sealed, PLACE) == TOKEN
    assert TOKEN.encode() not in sealed and base64.b64encode(TOKEN.encode()) not in sealed
    assert sealed[:4] == b"\x01\x02k1"  # the key's name is in clear, so that keys can be changed


def test_the_same_value_never_looks_the_same() -> None:
    vault = Vault(f"k1:{K1}")
    assert len({vault.seal(TOKEN, PLACE) for _ in range(50)}) == 50


@pytest.mark.parametrize("place", ["token|access|BOB", "token|refresh|ALICE", "other|access|ALICE", "", "token|access|ALICE "])
def test_a_value_moved_to_another_place_does_not_open(place: str) -> None:
    vault = Vault(f"k1:{K1}")
    with pytest.raises(Undecryptable):
        vault.open(vault.seal(TOKEN, PLACE), place)


def test_no_byte_can_be_changed() -> None:
    vault = Vault(f"k1:{K1},k2:{K2}")
    sealed = vault.seal(TOKEN, PLACE)
    for position in range(len(sealed)):
        changed = bytearray(sealed)
        changed[position] ^= 1
        with pytest.raises(Undecryptable) as refusal:
            vault.open(bytes(changed), PLACE)
        assert TOKEN not in str(refusal.value)
    with pytest.raises(Undecryptable):
        vault.open(sealed.replace(b"k1", b"k2", 1), PLACE)


@settings(max_examples=50, deadline=None)
@given(st.binary(max_size=200))
def test_bytes_that_nobody_sealed_do_not_open(nonsense: bytes) -> None:
    with pytest.raises(Undecryptable):
        Vault(f"k1:{K1}").open(nonsense, PLACE)


@settings(max_examples=50, deadline=None)
@given(st.text(), st.text())
def test_any_text_in_any_place(value: str, place: str) -> None:
    vault = Vault(f"k1:{K1}")
    try:
        value.encode(), place.encode()
    except UnicodeEncodeError:
        return
    assert vault.open(vault.seal(value, place), place) == value


def test_keys_are_changed_while_serving() -> None:
    old, both, new = Vault(f"k1:{K1}"), Vault(f"k2:{K2}, k1:{K1}"), Vault(f"k2:{K2}")
    sealed = old.seal(TOKEN, PLACE)
    assert both.open(sealed, PLACE) == TOKEN
    again = both.seal(TOKEN, PLACE)  # as the next renewal does
    assert new.open(again, PLACE) == TOKEN
    for vault, value in ((new, sealed), (old, again)):
        with pytest.raises(Undecryptable):
            vault.open(value, PLACE)


def test_another_key_of_the_same_name_opens_nothing() -> None:
    sealed = Vault(f"k1:{K1}").seal(TOKEN, PLACE)
    with pytest.raises(Undecryptable):
        Vault(f"k1:{K2}").open(sealed, PLACE)
