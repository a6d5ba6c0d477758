"""Types of settings that many connectors share, each with its word for what is wrong."""

import ipaddress
from typing import Annotated
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import AfterValidator

from hub.domain.currencies import DECIMALS


def is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def exact_url(url: str) -> str:
    """As it is written: some vendors sign it, with its last slash."""
    parts = urlsplit(url)
    if parts.hostname and (parts.scheme == "https" or (parts.scheme == "http" and is_loopback(parts.hostname))):
        return url
    raise ValueError("https is required (plain http only for this machine): credentials travel with each call")


def _url(url: str) -> str:
    return exact_url(url).rstrip("/")


def _currency(code: str) -> str:
    if code not in DECIMALS:
        raise ValueError(f"{code!r} is not an ISO 4217 currency")
    return code


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ValueError, OSError, KeyError):  # OSError: the name of a folder of zones
        raise ValueError(f"{name!r} is not a time zone of this machine") from None
    return name


Url = Annotated[str, AfterValidator(_url)]  # https, or http on this machine; without its last slash
ExactUrl = Annotated[str, AfterValidator(exact_url)]
Currency = Annotated[str, AfterValidator(_currency)]  # ISO 4217
Zone = Annotated[str, AfterValidator(_zone)]  # of the tz database: Europe/Berlin
