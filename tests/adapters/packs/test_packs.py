"""The signed pack: built, read, refused, taken, and turned into the next one."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cityshield.adapters.clock import SystemClock
from cityshield.adapters.packs.delta import apply_delta, make_delta
from cityshield.adapters.packs.pack import build_pack, public_key, read_pack, verify_pack
from cityshield.adapters.packs.shelf import SHIPPED_PACK, Shelf, read_shipped
from cityshield.adapters.sentences.sentences import Sentences
from cityshield.guards.messages.sections import build_sections
from cityshield.vocabulary.errors import InputError

KEY, OTHER_KEY = bytes(range(32)), bytes(32)
SECTIONS = {"fold": b"{}" * 500, "model": bytes(range(256)) * 40, "links": b""}
TODAY = date(2026, 12, 1)


def make(
    version: int = 10**6, key: bytes = KEY, expires: str = "2999-01-01", **more: bytes
) -> bytes:
    sections = {**SECTIONS, **more}
    return build_pack(sections, key, version=version, created="2026-11-25", expires=expires)


def reason(content: bytes, *, key: bytes = KEY, least: int = 0, today: date = TODAY) -> str:
    with pytest.raises(InputError) as caught:
        verify_pack(read_pack(content), [public_key(key)], today, least)
    return caught.value.sentence


def test_a_pack_holds_what_was_put_in_and_is_the_same_each_time() -> None:
    assert make() == make()
    pack = read_pack(make())
    assert pack.sections == SECTIONS
    verify_pack(pack, [public_key(KEY)], TODAY)


def test_what_is_refused_is_refused_with_its_reason() -> None:
    assert reason(make(), key=OTHER_KEY) == "error-pack-key"
    assert reason(make(expires="2026-11-30")) == "error-pack-expired"
    assert reason(make(version=4), least=5) == "error-pack-older"
    assert reason(b"") == "error-pack-foreign"
    assert reason(b"PK\x03\x04" * 9) == "error-pack-foreign"
    assert reason(make()[:7] + b"\x09" + make()[8:]) == "error-pack-format"
    unsigned = bytearray(make())
    place = 12 + int.from_bytes(unsigned[8:12], "little")
    unsigned[place : place + 64] = bytes(64)
    assert reason(bytes(unsigned)) == "error-pack-signature"


@given(st.integers(0, len(make()) - 1), st.integers(1, 255))
def test_no_changed_byte_gets_through(place: int, change: int) -> None:
    content = bytearray(make())
    content[place] ^= change
    try:
        pack = read_pack(bytes(content))
        verify_pack(pack, [public_key(KEY)], TODAY)
    except InputError:
        return
    assert pack.sections == SECTIONS  # a compressor's spare bit, which changes nothing


def test_a_header_that_was_not_written_as_signed_is_refused() -> None:
    content = make()
    size = int.from_bytes(content[8:12], "little")
    spaced = content[12 : 12 + size].replace(b":", b": ", 1)
    with pytest.raises(InputError) as caught:
        read_pack(content[:8] + len(spaced).to_bytes(4, "little") + spaced + content[12 + size :])
    assert caught.value.args_for_sentence == {"section": "header"}
    assert read_pack(content).content == content


@given(st.integers(0, len(make()) - 1))
def test_no_cut_pack_gets_through(size: int) -> None:
    with pytest.raises(InputError):
        read_pack(make()[:size])


def test_a_section_that_unpacks_to_more_than_it_says_is_refused() -> None:
    import zlib

    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    bomb = packer.compress(bytes(50 << 20)) + packer.flush()
    content = make()
    start = 12 + int.from_bytes(content[8:12], "little") + 64
    changed = content[:start] + len(bomb).to_bytes(4, "little") + bomb
    with pytest.raises(InputError):
        read_pack(changed)


def test_a_delta_makes_the_next_pack_to_the_byte() -> None:
    model = bytearray(SECTIONS["model"])
    model[7] ^= 5
    old, new = make(), make(10**6 + 1, model=bytes(model), tells=b"new")
    delta = make_delta(read_pack(old), read_pack(new))
    assert len(delta) < len(new)
    assert apply_delta(read_pack(old), delta) == new


def test_a_delta_for_another_pack_or_a_damaged_one_is_refused() -> None:
    delta = make_delta(read_pack(make()), read_pack(make(10**6 + 1)))
    for base, given_delta, sentence in (
        (make(10**6 + 2), delta, "error-delta-base"),
        (make(), delta[:-9], "error-delta-damaged"),
        (make(), b"something", "error-delta-foreign"),
    ):
        with pytest.raises(InputError) as caught:
            apply_delta(read_pack(base), given_delta)
        assert caught.value.sentence == sentence


def test_the_last_good_pack_stays_in_use(home: Path) -> None:
    shelf = Shelf(home, SystemClock())
    assert shelf.current() == read_shipped()
    with pytest.raises(InputError):
        shelf.take(make())
    shelf.trust(public_key(KEY))
    shelf.take(make(10**6))
    shelf.take(make(10**6 + 1))
    assert shelf.current().header.version == 10**6 + 1
    with pytest.raises(InputError) as caught:
        shelf.take(make(10**6))
    assert caught.value.sentence == "error-pack-older"
    damaged = bytearray(make(10**6 + 1))
    damaged[-40] ^= 1
    (home / "packs" / "current.pack").write_bytes(damaged)
    assert shelf.current().header.version == 10**6
    assert [item.sentence for item in shelf.problems] == ["error-pack-damaged"]
    (home / "packs" / "previous.pack").write_bytes(b"nothing")
    assert shelf.current() == read_shipped()
    assert len(shelf.problems) == 2


@pytest.mark.parametrize("key", ["", "ab", "g" * 64, "a" * 63])
def test_a_key_that_is_none_is_refused(home: Path, key: str) -> None:
    with pytest.raises(InputError):
        Shelf(home, SystemClock()).trust(key)


def test_the_shipped_pack_is_signed_by_the_shipped_key(home: Path) -> None:
    shelf = Shelf(home, SystemClock())
    verify_pack(read_shipped(), shelf.keys(), TODAY)
    assert SHIPPED_PACK.stat().st_size <= 1_000_000


def test_the_shipped_pack_holds_the_tells_and_sentences_of_the_files() -> None:
    """After a tell, a type or a table changed: make pack."""
    shipped = read_shipped().sections
    fresh = build_sections(shipped, Sentences().for_packs())
    for name in ("tells", "sentences", "model", "types", "classes", "settings", "links"):
        assert shipped[name] == fresh[name], name
