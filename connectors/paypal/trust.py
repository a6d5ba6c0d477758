"""Is this certificate PayPal's, and good now? Chain, names and dates by `cryptography.x509.verification`."""

import warnings
from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from pathlib import Path

import certifi
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.utils import CryptographyDeprecationWarning
from cryptography.x509.oid import NameOID
from cryptography.x509.verification import PolicyBuilder, Store, VerificationError

from hub.domain.errors import Forged

_LONGEST = 6  # certificates in a chain


def signer(published: bytes, roots: str, name: str, now: datetime) -> RSAPublicKey:
    """The public key of the first certificate of a PEM chain, if it may sign as `name`. Raises `Forged`.

    `roots` is PEM of further roots that are trusted, beside those of certifi.
    """
    chain = _chain(published)
    leaf = chain[0]
    names = [each.value for each in leaf.subject.get_attributes_for_oid(NameOID.COMMON_NAME)]
    if names != [name]:
        raise Forged(f"the certificate is of {names}, not of {name}")
    verifier = PolicyBuilder().store(_store(roots)).time(now).build_server_verifier(x509.DNSName(name))
    try:
        verifier.verify(leaf, list(chain[1:]))
    except (VerificationError, ValueError) as fault:
        raise Forged(f"the certificate is not trusted: {str(fault)[:200]}") from None
    key = leaf.public_key()
    if not isinstance(key, RSAPublicKey):
        raise Forged("the certificate's key is no RSA key")
    return key


@lru_cache(maxsize=8)
def _chain(published: bytes) -> Sequence[x509.Certificate]:
    try:
        found = x509.load_pem_x509_certificates(published)
    except ValueError:
        raise Forged("no certificate stands at PAYPAL-CERT-URL") from None
    if len(found) > _LONGEST:
        raise Forged(f"a chain of {len(found)} certificates")
    return found


@lru_cache(maxsize=8)
def _store(roots: str) -> Store:
    with warnings.catch_warnings():
        # Some public roots have serial numbers that RFC 5280 does not allow; they are roots all the same.
        warnings.simplefilter("ignore", CryptographyDeprecationWarning)
        found = x509.load_pem_x509_certificates(Path(certifi.where()).read_bytes())
        if roots:
            found += x509.load_pem_x509_certificates(roots.encode())
    return Store(found)
