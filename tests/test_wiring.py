"""What only the wiring knows."""

import pytest

from hub.settings.model import HubSettings, SecuritySettings, Settings
from hub.store.sealing import new_key
from hub.wiring import hub_of


@pytest.mark.parametrize(
    ("said", "url"), [({}, ""), ({"public_url": "https://orders.example"}, "https://orders.example/webhooks/shop")]
)
async def test_no_vendor_is_told_an_address_that_nobody_gave_the_hub(said: dict[str, str], url: str) -> None:
    security = SecuritySettings.model_validate({"sealing_keys": [new_key()]})
    settings = Settings(hub=HubSettings.model_validate(said), security=security)

    async with hub_of(settings, {}) as hub:
        assert hub.webhook_url("shop") == url
