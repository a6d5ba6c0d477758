"""Secrets at rest: AES-256-GCM (NIST SP 800-38D) under keys that can be replaced.

A sealed value is: a version byte, four bytes that name the key, a nonce of twelve bytes, the ciphertext with its tag.
The head and a word of what the value is for are authenticated with it, so that a value that was copied to another row,
or whose head was changed, does not open.
"""

import base64
import binascii
import hashlib
import secrets
from collections.abc import Sequence

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from hub.domain.errors import Misconfigured, NeedsAttention

_VERSION = b"\x01"
_NAME, _NONCE, _TAG = 4, 12, 16
_HEAD = len(_VERSION) + _NAME
HOW = "32 random bytes in base64 are expected; `hub keys new-sealing-key` makes one"


def new_key() -> str:
    """A sealing key as it stands in the settings."""
    return base64.b64encode(secrets.token_bytes(32)).decode()


class Sealer:
    """Seals with the first key, opens with all of them."""

    def __init__(self, keys: Sequence[str]) -> None:
        """`keys` in base64, newest first. Raises `Misconfigured`, naming a bad key by its place, never by its text."""
        if not keys:
            raise Misconfigured(f"sealing_keys: none is given; {HOW}")
        self._keys: dict[bytes, AESGCM] = {}
        for place, text in enumerate(keys, start=1):
            raw = _raw(text, place)
            if (name := _name(raw)) in self._keys:
                raise Misconfigured(f"sealing_keys: number {place} is there twice")
            self._keys[name] = AESGCM(raw)
        self._first = next(iter(self._keys))

    def seal(self, plain: bytes, about: str) -> bytes:
        """`about` says what it is for (`connection/name`), and has to be said again to open it."""
        head, nonce = _VERSION + self._first, secrets.token_bytes(_NONCE)
        return head + nonce + self._keys[self._first].encrypt(nonce, plain, head + about.encode())

    def open(self, sealed: bytes, about: str) -> bytes:
        """Raises `NeedsAttention`: the key is gone, or the value was changed or belongs elsewhere."""
        head, nonce, rest = sealed[:_HEAD], sealed[_HEAD : _HEAD + _NONCE], sealed[_HEAD + _NONCE :]
        if len(rest) < _TAG or head[:1] != _VERSION:
            raise NeedsAttention(f"{about}: this is not a sealed value")
        key = self._keys.get(head[1:])
        if key is None:
            raise NeedsAttention(
                f"{about}: sealed with the key {head[1:].hex()}, which is not among sealing_keys; put that key back"
            )
        try:
            return key.decrypt(nonce, rest, head + about.encode())
        except InvalidTag:
            raise NeedsAttention(f"{about}: the sealed value was changed, or was sealed for something else") from None

    def is_current(self, sealed: bytes) -> bool:
        """Sealed with the first key; otherwise it should be sealed again before an old key is thrown away."""
        return sealed[:_HEAD] == _VERSION + self._first

    def __repr__(self) -> str:
        return f"Sealer({', '.join(name.hex() for name in self._keys)})"


def _raw(text: str, place: int) -> bytes:
    try:
        raw = base64.b64decode(text.strip().replace("-", "+").replace("_", "/"), validate=True)
    except (binascii.Error, ValueError):
        raise Misconfigured(f"sealing_keys: number {place} is not base64; {HOW}") from None
    if len(raw) != 32:
        raise Misconfigured(f"sealing_keys: number {place} has {len(raw)} bytes; {HOW}")
    return raw


def _name(raw: bytes) -> bytes:
    """Four bytes of a digest: enough to tell keys apart, nothing to guess a random key from."""
    return hashlib.sha256(b"orderhub sealing key name\0" + raw).digest()[:_NAME]
