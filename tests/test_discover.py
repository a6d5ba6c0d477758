from importlib.metadata import EntryPoint

import pytest

from hub import connector
from hub.domain.errors import Misconfigured


@pytest.mark.parametrize(
    ("value", "why"), [("no_such_package:CONNECTOR", "ModuleNotFoundError"), ("json:loads", "is not a Connector")]
)
def test_a_package_that_brings_no_connector_is_named(monkeypatch: pytest.MonkeyPatch, value: str, why: str) -> None:
    point = EntryPoint("shopwave", value, connector.ENTRY_POINTS)
    monkeypatch.setattr(connector, "entry_points", lambda **_: [point])

    with pytest.raises(Misconfigured, match=why) as raised:
        connector.discover()

    assert value in str(raised.value)
