"""`hub.toml` and the environment, checked once."""

from hub.settings.load import load, settings_digest
from hub.settings.model import (
    ApiSettings,
    DatabaseSettings,
    HubSettings,
    LogSettings,
    SecuritySettings,
    Settings,
    sealing_key,
)

__all__ = [
    "ApiSettings",
    "DatabaseSettings",
    "HubSettings",
    "LogSettings",
    "SecuritySettings",
    "Settings",
    "load",
    "sealing_key",
    "settings_digest",
]
