import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.domain.errors import Misconfigured, NeedsAttention
from hub.store.sealing import Sealer, new_key

OLD, NEW = new_key(), new_key()
ABOUT = "books/oauth"


@pytest.mark.parametrize(
    ("keys", "told"),
    [
        ([], "none is given"),
        (["canary not base64!"], "number 1 is not base64"),
        ([OLD, base64.b64encode(b"canary").decode()], "number 2 has 6 bytes"),
        ([OLD, NEW, OLD], "number 3 is there twice"),
    ],
)
def test_a_wrong_key_is_named_by_its_place_and_never_shown(keys: list[str], told: str) -> None:
    with pytest.raises(Misconfigured, match=told) as wrong:
        Sealer(keys)

    assert "canary" not in str(wrong.value)
    assert OLD not in str(wrong.value)


def test_a_value_copied_to_another_row_does_not_open() -> None:
    sealed = Sealer([OLD]).seal(b"token", ABOUT)

    with pytest.raises(NeedsAttention, match="sealed for something else"):
        Sealer([OLD]).open(sealed, "shop/oauth")


def test_a_value_under_a_key_that_is_gone_says_which_key() -> None:
    sealed = Sealer([OLD]).seal(b"token", ABOUT)

    with pytest.raises(NeedsAttention, match=f"with the key {sealed[1:5].hex()}, which is not among"):
        Sealer([NEW]).open(sealed, ABOUT)


def test_no_single_bit_can_be_changed() -> None:
    sealer = Sealer([OLD])
    sealed = sealer.seal(b"token", ABOUT)

    for bit in range(len(sealed) * 8):
        changed = bytearray(sealed)
        changed[bit // 8] ^= 1 << bit % 8
        with pytest.raises(NeedsAttention):
            sealer.open(bytes(changed), ABOUT)


def test_no_cut_value_opens() -> None:
    sealer = Sealer([OLD])
    sealed = sealer.seal(b"token", ABOUT)

    for length in range(len(sealed)):
        with pytest.raises(NeedsAttention):
            sealer.open(sealed[:length], ABOUT)


@given(st.binary(max_size=2000), st.text(st.characters(exclude_categories=["Cs"]), max_size=80))
def test_what_is_sealed_opens_again(plain: bytes, about: str) -> None:
    sealer = Sealer([OLD])

    assert sealer.open(sealer.seal(plain, about), about) == plain


def test_the_newest_key_seals_and_all_keys_open() -> None:
    before = Sealer([OLD]).seal(b"token", ABOUT)
    both = Sealer([NEW, OLD])

    assert both.open(before, ABOUT) == b"token"
    assert not both.is_current(before)
    after = both.seal(b"token", ABOUT)
    assert both.is_current(after)
    assert Sealer([NEW]).open(after, ABOUT) == b"token"


def test_the_same_value_never_looks_the_same_twice() -> None:
    sealer = Sealer([OLD])

    assert len({sealer.seal(b"token", ABOUT) for _ in range(100)}) == 100


def test_a_key_may_be_written_in_the_url_alphabet() -> None:
    raw = bytes([251, 255]) * 16
    sealed = Sealer([base64.b64encode(raw).decode()]).seal(b"token", ABOUT)

    assert Sealer([base64.urlsafe_b64encode(raw).decode() + "\n"]).open(sealed, ABOUT) == b"token"


def test_no_key_prints() -> None:
    assert OLD not in repr(Sealer([OLD]))
