import gzip
import tracemalloc
import zlib
from collections.abc import Callable, Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.transport.body import TooBig, unpack
from hub.transport.faults import Lost

MOST = 200_000


def raw_deflate(plain: bytes) -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    return packer.compress(plain) + packer.flush()


PACKERS: dict[str, tuple[str, Callable[[bytes], bytes]]] = {
    "plain": ("", bytes),
    "identity": ("identity", bytes),
    "gzip": ("GZip", gzip.compress),
    "members": ("gzip", lambda plain: gzip.compress(plain[:9], mtime=0) + gzip.compress(plain[9:], mtime=0)),
    "zlib": ("deflate", zlib.compress),
    "deflate": ("deflate", raw_deflate),
}


def pieces(body: bytes, size: int) -> Iterator[bytes]:
    for start in range(0, len(body), size):
        yield body[start : start + size]


@pytest.mark.parametrize("how", PACKERS)
@given(
    plain=st.one_of(st.binary(max_size=500), st.integers(0, MOST).map(bytes)), size=st.sampled_from([1, 7, 1000, 10**6])
)
def test_what_was_packed_comes_out_whatever_the_chunks(how: str, plain: bytes, size: int) -> None:
    encoding, pack = PACKERS[how]

    assert unpack(pieces(pack(plain), max(size, len(plain) // 500)), encoding, MOST) == plain


@pytest.mark.parametrize("how", PACKERS)
def test_one_byte_too_much_is_too_big(how: str) -> None:
    encoding, pack = PACKERS[how]

    with pytest.raises(TooBig) as raised:
        unpack(pieces(pack(bytes(MOST + 1)), 4096), encoding, MOST)

    assert raised.value.start == bytes(MOST)[: len(raised.value.start)]


def test_an_unpacker_that_holds_back_its_last_bytes_is_asked_for_them() -> None:
    for length in range(65_536, 65_536 + 300):  # one step and a little: zlib may have taken in all and not given it
        assert unpack(pieces(raw_deflate(bytes(length)), MOST), "deflate", MOST) == bytes(length)


def test_much_that_unpacks_to_nothing_is_too_big_as_well() -> None:
    with pytest.raises(TooBig):
        unpack(pieces(gzip.compress(b"", mtime=0) * 20_000, 4096), "gzip", MOST)


def test_a_bomb_is_not_unpacked() -> None:
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    bomb = b"".join(packer.compress(bytes(2**20)) for _ in range(100)) + packer.flush()
    assert len(bomb) < 110_000
    tracemalloc.start()

    with pytest.raises(TooBig):
        unpack(pieces(bomb, len(bomb)), "gzip", MOST)

    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 1_500_000


@pytest.mark.parametrize(
    ("encoding", "body"),
    [
        ("gzip", b"plain text"),
        ("gzip", gzip.compress(b"cut short", mtime=0)[:-1]),
        ("gzip", gzip.compress(b"and then", mtime=0) + b"rubbish"),
        ("deflate", b"\xff\xff\xff"),
        ("br", b"\x0b\x02\x80"),
        ("gzip, gzip", gzip.compress(gzip.compress(b"twice", mtime=0), mtime=0)),
    ],
)
def test_what_cannot_be_unpacked_is_lost(encoding: str, body: bytes) -> None:
    with pytest.raises(Lost):
        unpack(pieces(body, 4), encoding, MOST)
