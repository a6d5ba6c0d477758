"""What the three channels share in tests: settings and the plan of each."""

from typing import Any

from connectors import slack, smtp, twilio

COMMON = {"shop_name": "The shop", "start": "2026-11-01T00:00:00Z"}
OPTIONS: dict[str, dict[str, Any]] = {
    "smtp": {"host": "mail.example.com", "sender": "orders@shop.example"},
    "twilio": {"account_sid": "AC" + "0" * 32, "api_secret": "credential-1", "from_number": "+15005550006"},
    "slack": {"path": "/services/T0/B0/credential2"},
}
CONNECTORS = {"smtp": smtp.CONNECTOR, "twilio": twilio.CONNECTOR, "slack": slack.CONNECTOR}


def settings(slug: str, **more: Any) -> Any:
    return CONNECTORS[slug].settings.model_validate({"connector": slug, **COMMON, **OPTIONS[slug], **more})
