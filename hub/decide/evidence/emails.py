"""An e-mail as the provider delivers it: `Ada.King+shop@Googlemail.com` is `adaking@gmail.com`."""

import re
from dataclasses import dataclass
from functools import lru_cache

from hub.decide.evidence.fold import listed

_DOTS_SAY_NOTHING = frozenset(("gmail.com",))  # https://support.google.com/mail/answer/7436150
_MINUS_TAGS = frozenset(("yahoo.com",))  # https://help.yahoo.com/kb/SLN28735.html: base-keyword@yahoo.com
_SAME = {"googlemail.com": "gmail.com", "pm.me": "protonmail.com", "proton.me": "protonmail.com"}
_SHARED = listed(
    "office contact sales support hello admin service services billing accounts accounting orders order shop "
    "mail team help hr jobs marketing webmaster postmaster enquiries inquiries reception kontakt buero purchasing "
    "procurement invoices finance info store"
)
_NOBODY = listed(
    "noreply no-reply donotreply none na n.a test noemail no-email nomail unknown example guest anonymous null nobody "
    "invalid placeholder noone asdf xxx dummy fake customer walkin"
)
_EXAMPLES = frozenset(("example.com", "example.org", "example.net", "test.com", "none.com", "noemail.com", "email.com"))
# Addresses that a marketplace or a provider hands out anew: they reach somebody, and say nothing of who it is.
_RELAYS = (
    "marketplace.amazon.",
    "privaterelay.appleid.com",
    "members.ebay.",
    "reply.",
    "relay.",
    ".invalid",
    ".test",
    ".local",
)
_ALMOST = re.compile(r"(?=.{8})[^\s/]+\.[^\s/]*")  # an @ that was mistyped: no key, but comparable
_FORM = re.compile(r"[^@\s]+@[^@\s]+")


@dataclass(frozen=True, slots=True)
class Email:
    address: str = ""
    mailbox: str = ""
    is_shared: bool = False


@lru_cache(maxsize=16_384)
def read_email(text: str) -> Email:
    """Nothing for placeholders, relays and what is far from an e-mail."""
    text = text.strip().lower().removeprefix("mailto:").strip("<>;,. ")
    if not _FORM.fullmatch(text):
        return Email(text) if _ALMOST.fullmatch(text) else Email()
    local, _, domain = text.rpartition("@")
    domain = _SAME.get(domain, domain)
    local = local.partition("+")[0] or local
    if domain in _MINUS_TAGS and not local.startswith("-"):
        local = local.partition("-")[0]
    if domain in _DOTS_SAY_NOTHING:
        local = local.replace(".", "")
    if local in _NOBODY or domain in _EXAMPLES or any(each in domain for each in _RELAYS):
        return Email()
    shared = local in _SHARED
    return Email(f"{local}@{domain}", "" if shared else local, shared)
