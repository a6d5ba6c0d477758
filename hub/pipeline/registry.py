"""The connections of this hub: which connector, with which settings."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from hub.connector import ConnectionSettings, Connector


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    id: str
    connector: Connector
    settings: ConnectionSettings
    settings_digest: str  # a pause ends when it changes
    secrets: tuple[str, ...] = field(init=False, repr=False, compare=False)  # of its webhooks, unwrapped once

    def __post_init__(self) -> None:
        secrets = (secret.get_secret_value() for secret in self.settings.webhook.secrets)
        object.__setattr__(self, "secrets", tuple(secret for secret in secrets if secret))


def configured(connector: Connector, settings: ConnectionSettings) -> Connector:
    """The connector as these settings make it. Raises `Misconfigured`."""
    return connector if connector.configured is None else connector.configured(settings)


class Connections:
    def __init__(self, connections: Mapping[str, Connection]) -> None:
        self._connections = dict(connections)

    def get(self, connection_id: str) -> Connection | None:
        return self._connections.get(connection_id)

    def __getitem__(self, connection_id: str) -> Connection:
        return self._connections[connection_id]

    def __iter__(self) -> Iterator[Connection]:
        """The enabled ones, in id order."""
        return (each for _, each in sorted(self._connections.items()) if each.settings.enabled)

    def all(self) -> list[Connection]:
        return [each for _, each in sorted(self._connections.items())]
