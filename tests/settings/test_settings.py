import re
from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import BaseModel

from hub.connector import ConnectionSettings, RateLimit, SyncSettings, WebhookSettings
from hub.settings import Settings, settings_digest
from hub.settings.model import SECTIONS, EndpointSettings
from tests.settings.conftest import GOOD, Load, ShopwaveSettings

DOCS = Path(__file__).parents[2] / "docs" / "settings.md"


def shop(settings: Settings) -> ShopwaveSettings:
    found = settings.connections["shop"]
    assert isinstance(found, ShopwaveSettings)
    return found


def test_a_connection_is_checked_by_its_own_connector(read: Load) -> None:
    settings = read(GOOD + 'sync.every = "6h"\nwebhook.tolerance = "30s"\n')

    assert shop(settings).token.get_secret_value() == "t-0k3n"
    assert shop(settings).sync.every == timedelta(hours=6)
    assert settings.database.url == "sqlite:///hub.db"


def test_a_default_is_used_when_the_variable_is_unset_or_empty(read: Load) -> None:
    text = GOOD.replace("acme", "${SHOP:-fallback}")

    assert shop(read(text)).shop == "fallback"
    assert shop(read(text, SHOP="")).shop == "fallback"
    assert shop(read(text, SHOP="acme")).shop == "acme"


def test_a_second_secret_that_does_not_exist_yet_is_left_out(read: Load) -> None:
    text = GOOD + 'webhook.secrets = ["${OLD:-}", "${WEBHOOK_SECRET}"]\n'

    def secrets(settings: Settings) -> list[str]:
        return [secret.get_secret_value() for secret in shop(settings).webhook.secrets]

    assert secrets(read(text)) == ["wh-1"]
    assert secrets(read(text, OLD="wh-0")) == ["wh-0", "wh-1"]


def test_a_file_reference_is_read_without_its_last_line_end_and_beside_the_settings(read: Load, tmp_path: Path) -> None:
    (tmp_path / "token").write_text("from-file\n")

    assert shop(read(GOOD.replace("${TOKEN}", "${file:token}"))).token.get_secret_value() == "from-file"
    assert shop(read(GOOD.replace("${TOKEN}", f"${{file:{tmp_path}/token}}"))).token.get_secret_value() == "from-file"


def test_two_dollars_stand_for_the_characters_themselves(read: Load) -> None:
    assert shop(read(GOOD.replace("acme", "$${SHOP}"))).shop == "${SHOP}"


def test_what_a_variable_holds_is_not_expanded_again(read: Load) -> None:
    assert shop(read(GOOD.replace("acme", "${SHOP}"), SHOP="${TOKEN}")).shop == "${TOKEN}"


def test_numbers_may_come_from_the_environment(read: Load) -> None:
    assert read('[api]\nport = "${PORT:-8000}"\n' + GOOD, PORT="9000").api.port == 9000


def test_inline_secrets_can_be_allowed(read: Load) -> None:
    settings = read("[hub]\nallow_inline_secrets = true\n" + GOOD.replace("${TOKEN}", "clear"))

    assert shop(settings).token.get_secret_value() == "clear"


def test_settings_never_print_a_secret(read: Load) -> None:
    settings = read('[database]\nurl = "${DB}"\n' + GOOD, DB="postgresql://hub:pw-123@db/hub")

    for told in (repr(settings), str(settings)):
        assert "t-0k3n" not in told
        assert "pw-123" not in told


def test_the_digest_changes_with_a_secret_and_with_nothing_else(read: Load) -> None:
    before = settings_digest(read(GOOD).connections["shop"])

    assert settings_digest(read("# moved\n" + GOOD).connections["shop"]) == before
    assert settings_digest(read(GOOD, TOKEN="other").connections["shop"]) != before
    assert settings_digest(read(GOOD + "enabled = false\n").connections["shop"]) != before
    assert len(before) == 40


# The nested tables are written as dotted keys: `webhook.secrets`.
MODELS: list[type[BaseModel]] = [ConnectionSettings, WebhookSettings, SyncSettings, RateLimit]
MODELS += [EndpointSettings]
MODELS += [model for name, model in SECTIONS.items() if name not in ("connections", "webhooks")]


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_each_key_is_explained(model: type[BaseModel]) -> None:
    told = DOCS.read_text(encoding="utf-8")

    explained = {key.rpartition(".")[2] for key in re.findall(r"`([a-z_.]+)`", told)}
    assert set(model.model_fields) <= explained
