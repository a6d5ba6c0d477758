"""Audit: vendors switch webhooks off, or forget them. The hub looks, and puts them back."""

import logging
from collections.abc import Sequence

import structlog

from hub.connector import Finding
from hub.domain.errors import HubError, NeedsAttention
from hub.pipeline.deliver import Courier
from hub.pipeline.registry import Connection
from hub.store import connections
from hub.store.connections import CONNECTIONS
from hub.store.database import Database

log = structlog.get_logger("orderhub.audit")


async def audit(courier: Courier, connection: Connection, webhook_url: str) -> Sequence[Finding]:
    """What was found, and mended, of the connection's subscriptions; logged, too. Nothing where there is no audit.

    A vendor that does not answer is a finding, not an error: the next look heals it. Credentials that are refused
    pause the connection.
    """
    check = connection.connector.audit
    secrets = [secret.get_secret_value() for secret in connection.settings.webhook.secrets]
    if check is None or not webhook_url:
        return []
    async with courier.database.read() as held:
        if await connections.paused(held, connection.id):
            return []
    try:
        findings = await check(courier.account(connection), webhook_url, next(iter(secrets), ""))
    except NeedsAttention as refused:
        async with courier.database.write() as held:
            await connections.pause(held, connection.id, str(refused), courier.clock())
            Database.tell(held, CONNECTIONS)
        findings = [Finding(ok=False, subject="webhooks", message=str(refused))]
    except HubError as error:
        findings = [Finding(ok=False, subject="webhooks", message=str(error))]
    for each in findings:
        log.log(
            logging.INFO if each.ok else logging.WARNING,
            "audit",
            connection=connection.id,
            subject=each.subject,
            found=each.message,
        )
    return findings
