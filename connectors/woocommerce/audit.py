"""Audit of the store's webhooks: a row of failed deliveries switches one off for good, and nobody is told."""

import hashlib
import hmac
from collections.abc import Sequence
from typing import Any

from connectors.woocommerce.client import tell, whole_list
from hub.connector import Account, Finding

TOPICS = (
    "order.created",
    "order.updated",
    "order.deleted",
    "order.restored",
    "customer.created",
    "customer.updated",
    "customer.deleted",
)


async def audit(account: Account, url: str, secret: str) -> Sequence[Finding]:
    """The API never shows a secret, so the name of each of our webhooks carries a sign of it. A webhook with another
    name (an older secret, or made by hand) is given ours; webhooks to other addresses are left alone."""
    if not secret:
        return [Finding(ok=False, subject="webhooks", message="webhook.secrets is empty: nothing could be proved")]
    held = [each for each in await whole_list(account, "/webhooks") if each.get("delivery_url") == url]
    findings: list[Finding] = []
    for topic in TOPICS:
        ours = sorted((each for each in held if each.get("topic") == topic), key=_preference)
        findings.append(await _mend(account, topic, url, secret, ours[0] if ours else None))
        if len(ours) > 1:
            ids = ", ".join(str(each.get("id")) for each in ours[1:])
            message = f"subscribed more than once: remove webhook {ids}"
            findings.append(Finding(ok=False, subject=f"webhook {topic}", message=message))
    return findings


async def _mend(account: Account, topic: str, url: str, secret: str, found: dict[str, Any] | None) -> Finding:
    subject, name = f"webhook {topic}", _name(topic, secret)
    if found is None:
        said = {"name": name, "topic": topic, "delivery_url": url, "secret": secret, "status": "active"}
        made = await tell(account, "POST", "/webhooks", said)
        return Finding(ok=False, subject=subject, message=f"was missing: created as {made.get('id')}")
    was = found.get("status")
    if was == "active" and found.get("name") == name:
        return Finding(ok=True, subject=subject, message=f"active as {found.get('id')}")
    await tell(account, "PUT", f"/webhooks/{found['id']}", {"status": "active", "secret": secret, "name": name})
    why = f"was {was}: switched on again" if was != "active" else "had another secret, maybe: given ours"
    return Finding(ok=False, subject=subject, message=f"{found['id']} {why}")


def _name(topic: str, secret: str) -> str:
    sign = hmac.new(secret.encode(), b"orderhub webhook", hashlib.sha256).hexdigest()[:8]
    return f"Orderhub {topic} {sign}"


def _preference(webhook: dict[str, Any]) -> tuple[bool, int]:
    """The one that works, then the oldest."""
    return webhook.get("status") != "active", int(webhook.get("id") or 0)
