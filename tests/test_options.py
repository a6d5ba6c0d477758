from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from hub.options import Currency, ExactUrl, Url, Zone


@pytest.mark.parametrize(
    "url",
    [
        "http://vendor.example",
        "http://10.0.0.1",
        "ftp://127.0.0.1",
        "https://",
        "vendor.example",
        "",
        "//vendor.example",
    ],
)
def test_credentials_travel_by_https_or_stay_on_this_machine(url: str) -> None:
    with pytest.raises(ValidationError, match="https is required"):
        TypeAdapter(Url).validate_python(url)


@pytest.mark.parametrize(
    "url", ["https://vendor.example/api", "http://127.0.0.1:8080", "http://[::1]/", "http://localhost"]
)
def test_an_address_is_kept_without_its_last_slash_unless_it_is_signed(url: str) -> None:
    assert TypeAdapter(Url).validate_python(f"{url}/") == url.rstrip("/")
    assert TypeAdapter(ExactUrl).validate_python(f"{url}/") == f"{url}/"


@pytest.mark.parametrize(
    ("kind", "odd"), [(Currency, "usd"), (Currency, "ZZZ"), (Zone, "Mars/Olympus"), (Zone, "Europe")]
)
def test_what_nobody_knows_is_told(kind: Any, odd: str) -> None:
    with pytest.raises(ValidationError, match=odd):
        TypeAdapter(kind).validate_python(odd)
