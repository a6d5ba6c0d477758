"""`hub check`: what is wrong, before anything starts."""

from pathlib import Path
from typing import TYPE_CHECKING

from hub.cli.faults import end
from hub.cli.needs import Hub, settings_of, with_hub

if TYPE_CHECKING:
    from hub.connector import Finding
    from hub.settings import Settings


def check(file: Path, online: bool) -> None:
    from hub.connector import OAuth2
    from hub.pipeline.registry import configured

    settings, connectors = settings_of(file)
    print(f"{file}: fine, {len(settings.connections)} connections")
    for name, connection in settings.connections.items():
        connector = connectors[connection.connector]
        off = "" if connection.enabled else " (off)"
        print(f"  {name}: {connector.title}{off}")
        auth = configured(connector, connection).way(connection).auth
        if isinstance(auth, OAuth2) and auth.grant == "refresh_token" and not auth.refresh_token:
            print(f"    no refresh_token here: access comes by hub connect {name}")
        if connector.inbound is None:
            continue
        print(f"    webhooks to {settings.hub.public_url}/webhooks/{name}")
        if not connection.webhook.secrets:
            print("    no webhook.secrets: webhooks will be refused, and news come by asking only")
    if online and not with_hub(file, _online):
        end("")


async def _online(hub: Hub, settings: "Settings") -> bool:
    """True if every vendor answered and allows what we need."""
    fine = True
    for name, connection in settings.connections.items():
        if not connection.enabled:
            continue
        async for finding in hub.check(name):
            fine = fine and finding.ok
            print(f"  {name}: {told(finding)}")
    return fine


def told(finding: "Finding") -> str:
    return f"{'ok   ' if finding.ok else 'WRONG'} {finding.subject}: {finding.message}"
