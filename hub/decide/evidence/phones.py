"""A phone as its national digits, read by the country's rules where the country is known."""

import re
from contextlib import suppress
from functools import lru_cache

import phonenumbers

_DIGITS = re.compile(r"\d")
_EXTENSION = re.compile(r"(?:ext\.?|extension|x|#)\s*\d+\s*$", re.IGNORECASE)
SHORTEST = 7  # a local number; less is an extension or a mistake
_COUNTRIES = {
    "usa": "US",
    "united states": "US",
    "united kingdom": "GB",
    "uk": "GB",
    "germany": "DE",
    "deutschland": "DE",
    "france": "FR",
    "canada": "CA",
    "australia": "AU",
    "austria": "AT",
    "switzerland": "CH",
    "netherlands": "NL",
    "spain": "ES",
    "italy": "IT",
    "ireland": "IE",
}


@lru_cache(maxsize=16_384)
def read_phone(text: str, country: str = "") -> str:
    """Nothing for placeholders (0000000, 1234567890) and for what is too short."""
    text = _EXTENSION.sub("", text.strip())
    digits = "".join(_DIGITS.findall(text))
    if len(digits) < SHORTEST or _is_placeholder(digits):
        return ""
    if text.startswith("00"):
        text = f"+{text[2:]}"
    region = _COUNTRIES.get(country.strip().lower(), country.strip().upper())
    if text.startswith("+") or (region and len(digits) > SHORTEST):
        with suppress(phonenumbers.NumberParseException):
            digits = str(phonenumbers.parse(text, region or None).national_number)
    elif len(digits) == 11 and digits.startswith("1"):  # North America, written out
        digits = digits[1:]
    digits = digits.lstrip("0")
    return digits if len(digits) >= SHORTEST and not _is_placeholder(digits) else ""


def _is_placeholder(digits: str) -> bool:
    tail = digits[-SHORTEST:]
    return len(set(tail)) == 1 or tail in "01234567890123456789" or tail in "98765432109876543210"
