"""What is installed, as a test wants it."""

import pytest

from hub.connector import Connector


def only(monkeypatch: pytest.MonkeyPatch, *connectors: Connector) -> None:
    monkeypatch.setattr("hub.connector.discover", lambda: {each.slug: each for each in connectors})
