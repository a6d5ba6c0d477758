"""The vendor's side of a signature: an RSA key, its public half as a key set (RFC 7517), and a signature by it."""

import base64
import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from functools import cache

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15

from connectors.shipengine.inbound import KEY_ID, SIGNATURE, TIMESTAMP
from hub.domain.clock import rfc3339


def new_key() -> str:
    """A private key, as PEM."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    form = serialization.PrivateFormat.PKCS8
    return key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption()).decode()


@cache
def _load(pem: str) -> rsa.RSAPrivateKey:
    key = serialization.load_pem_private_key(pem.encode(), password=None)
    if not isinstance(key, rsa.RSAPrivateKey):
        raise ValueError("an RSA key is expected")
    return key


def _text(number: int) -> str:
    return base64.urlsafe_b64encode(number.to_bytes((number.bit_length() + 7) // 8, "big")).rstrip(b"=").decode()


def key_id(pem: str) -> str:
    return "sandbox-" + hashlib.sha256(_text(_load(pem).public_key().public_numbers().n).encode()).hexdigest()[:12]


def jwks(*pems: str) -> bytes:
    """What stands at `/jwks`: the public halves of these keys."""
    numbers = {key_id(pem): _load(pem).public_key().public_numbers() for pem in pems}
    keys = [
        {"kty": "RSA", "kid": name, "use": "sig", "alg": "RS256", "n": _text(each.n), "e": _text(each.e)}
        for name, each in numbers.items()
    ]
    return json.dumps({"keys": keys}).encode()


def signed(pem: str, body: bytes, now: datetime) -> Mapping[str, str]:
    """The headers of a delivery; without a key they are there and prove nothing."""
    stamp = rfc3339(now)
    signature = _load(pem).sign(stamp.encode() + b"." + body, PKCS1v15(), hashes.SHA256()) if pem else b""
    return {
        "content-type": "application/json",
        KEY_ID: key_id(pem) if pem else "",
        TIMESTAMP: stamp,
        SIGNATURE: base64.b64encode(signature).decode(),
    }
