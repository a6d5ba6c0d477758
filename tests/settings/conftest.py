import base64
from collections.abc import Callable
from pathlib import Path

import pytest
from pydantic import Field, SecretStr

from hub.connector import Category, ConnectionSettings, Connector, Headers, Limits, Way
from hub.settings import Settings, load

SEALING_KEY = base64.b64encode(b"k" * 32).decode()
ENVIRON = {"SEALING_KEY": SEALING_KEY, "TOKEN": "t-0k3n", "WEBHOOK_SECRET": "wh-1"}


class ShopwaveSettings(ConnectionSettings):
    shop: str
    token: SecretStr
    regions: dict[str, SecretStr] = Field(default_factory=dict)


SHOPWAVE = Connector(
    slug="shopwave",
    title="Shopwave",
    category=Category.STORE,
    settings=ShopwaveSettings,
    way=lambda _: Way(base_url="https://shopwave.example", auth=Headers(headers={}), limits=Limits(requests=1)),
    read={},
    recognise=lambda *_: [],
)

GOOD = """\
[security]
sealing_keys = ["${SEALING_KEY}"]

[connections.shop]
connector = "shopwave"
shop = "acme"
token = "${TOKEN}"
"""

Load = Callable[..., Settings]


@pytest.fixture
def read(tmp_path: Path) -> Load:
    """Writes a `hub.toml` and loads it; environment variables as keywords (`None`: not set)."""

    def read(text: str, **changes: str | None) -> Settings:
        file = tmp_path / "hub.toml"
        file.write_text(text, encoding="utf-8")
        environ = {name: value for name, value in (ENVIRON | changes).items() if value is not None}
        return load(file, {"shopwave": SHOPWAVE}, environ)

    return read
