import base64
from urllib.parse import quote

import pytest
from pydantic import SecretStr

from hub.connector import ConnectionSettings, WebhookSettings
from hub.transport.redact import HIDDEN, Redactor, secrets_of

CANARY = "sk_live/canary+4711="


@pytest.mark.parametrize(
    "spelling", [CANARY, quote(CANARY, safe=""), base64.b64encode(CANARY.encode()).decode(), f"Bearer {CANARY}"]
)
def test_a_known_secret_is_hidden_in_any_spelling(spelling: str) -> None:
    text = Redactor([f"Bearer {CANARY}"])(f"key '{spelling}' is wrong")

    assert "canary" not in text
    assert spelling not in text
    assert HIDDEN in text


def test_a_bearer_that_nobody_told_of_is_hidden_too() -> None:
    assert Redactor()("sent Authorization: Bearer abcdef123456, got 401") == (
        f"sent Authorization: Bearer {HIDDEN}, got 401"
    )


def test_a_short_word_is_no_secret() -> None:
    assert Redactor(["", "a", "eu"])("a query in eu") == "a query in eu"


def test_of_tokens_that_come_and_go_the_newest_are_known_and_the_fixed_ones_for_ever() -> None:
    redact = Redactor(["fixed-canary"])

    for number in range(1000):
        redact.learn(f"access-{number:04}", f"refresh-{number:04}")

    assert redact("fixed-canary access-0999 refresh-0998") == f"{HIDDEN} {HIDDEN} {HIDDEN}"
    assert redact("access-0001") == "access-0001"


def test_a_secret_inside_a_longer_one_leaves_no_rest() -> None:
    assert Redactor(["secret", "secret-and-more"])("secret-and-more") == HIDDEN


def test_the_redactor_does_not_print_what_it_knows() -> None:
    assert "canary" not in repr(Redactor([CANARY]))


def test_secrets_are_found_however_deep_they_are_in_the_settings() -> None:
    settings = ConnectionSettings(
        connector="shopwave", webhook=WebhookSettings(secrets=(SecretStr("one"), SecretStr("two")))
    )

    assert secrets_of(settings) == ["one", "two"]
    assert secrets_of({"a": [SecretStr("three")], "b": 4}) == ["three"]
