"""What a wrong `hub.toml` is answered with: the line, the key and what was expected, all at once."""

from pathlib import Path

import pytest

from hub.domain.errors import Misconfigured
from hub.settings import load
from tests.settings.conftest import GOOD, SEALING_KEY, Load


def problems(read: Load, text: str, **environ: str | None) -> list[str]:
    with pytest.raises(Misconfigured) as raised:
        read(text, **environ)
    return [line.partition("hub.toml")[2] for line in str(raised.value).splitlines()]


WRONG = {
    "an unknown key, with the likely one": (
        GOOD + "enbled = true\n",
        ":8  connections.shop.enbled: unknown key, did you mean enabled?",
    ),
    "an unknown key in a table of a connection": (
        GOOD + "webhook.secret = []\n",
        ":8  connections.shop.webhook.secret: unknown key, did you mean secrets?",
    ),
    "an unknown section": ("[datbase]\n" + GOOD, ":1  datbase: unknown key, did you mean database?"),
    "an unknown key in a section": ("[hub]\nnmae = 'x'\n" + GOOD, ":2  hub.nmae: unknown key, did you mean name?"),
    "a section that is no table": ("hub = 3\n" + GOOD, ":1  hub: a table is expected"),
    "a connection that is no table": (GOOD + "[connections]\nerp = 3\n", None),
    "a key that is missing, at its table's line": (
        GOOD.replace('shop = "acme"\n', ""),
        ":4  connections.shop.shop: is missing",
    ),
    "a duration that is none": (
        GOOD + 'sync.every = "soon"\n',
        ":8  connections.shop.sync.every: a duration such as 30s, 15m, 6h or 30d is expected",
    ),
    "a duration of nothing": (
        '[api]\nbody_timeout = "0s"\n' + GOOD,
        ":2  api.body_timeout: a duration above zero is expected",
    ),
    "events that are forgotten before they are known to come again": (
        '[retention]\nevents = "7d"\n' + GOOD,
        ":2  retention.events: at least 30d is expected: with the row goes what tells that the same comes again",
    ),
    "idempotency keys that are forgotten too soon": (
        '[retention]\nintents = "1d"\n' + GOOD,
        ":2  retention.intents: at least 30d is expected: with the row goes what tells that the same comes again",
    ),
    "bodies that are to outlive their events": (
        '[retention]\nbodies = "60d"\nevents = "45d"\n' + GOOD,
        ":3  retention.events: at least as long as bodies is expected: an event's body goes with it",
    ),
    "an age that nobody reaches": (
        '[retention]\naudit = "99999999d"\n' + GOOD,
        ":2  retention.audit: a duration above zero and up to 36500d is expected",
    ),
    "a number out of bounds": (
        GOOD + "rate_limit.requests = 0\n",
        ":8  connections.shop.rate_limit.requests: Input should be greater than 0",
    ),
    "a channel that is no connection": (
        GOOD + 'channels = ["shap"]\n',
        ":8  connections.shop.channels: no connection 'shap', did you mean shop?",
    ),
    "an unknown connector": (
        GOOD.replace("shopwave", "shopwav"),
        ":5  connections.shop.connector: no connector 'shopwav' is installed, did you mean shopwave?",
    ),
    "an unknown connector that is like none": (
        GOOD.replace("shopwave", "xyz"),
        ":5  connections.shop.connector: no connector 'xyz' is installed; there are: shopwave",
    ),
    "no connector at all": (
        GOOD.replace('connector = "shopwave"\n', ""),
        ":4  connections.shop.connector: names the vendor, one of: shopwave",
    ),
    "a connection id with capitals": (
        GOOD.replace("connections.shop", "connections.Shop"),
        ":4  connections.Shop: a connection's id has up to 40 of a-z, 0-9, _ and -, and begins with a letter",
    ),
    "the hub's own id": (
        GOOD.replace("connections.shop", "connections.hub"),
        ":4  connections.hub: this id is the hub's own; choose another",
    ),
    "a secret in clear text": (
        GOOD.replace("${TOKEN}", "t-in-clear"),
        ":7  connections.shop.token: a secret in clear text; "
        'write "${NAME}" or "${file:/path}" (or allow_inline_secrets)',
    ),
    "a secret as a default": (
        GOOD.replace("${TOKEN}", "${UNSET:-t-in-clear}"),
        ":7  connections.shop.token: a secret in clear text; "
        'write "${NAME}" or "${file:/path}" (or allow_inline_secrets)',
    ),
    "a secret in a list and in a mapping": (
        GOOD + 'webhook.secrets = [\n  "${WEBHOOK_SECRET}",\n  "clear",\n]\nregions.eu = "${TOKEN}"\n',
        ":10  connections.shop.webhook.secrets.1: a secret in clear text; "
        'write "${NAME}" or "${file:/path}" (or allow_inline_secrets)',
    ),
    "a file that is not there": (
        GOOD.replace("${TOKEN}", "${file:/nowhere/token}"),
        ":7  connections.shop.token: there is no file /nowhere/token",
    ),
    "a reference that is none": (
        GOOD.replace("${TOKEN}", "${TOKEN:default}"),
        ":7  connections.shop.token: ${TOKEN:default} is not understood: "
        "${NAME}, ${NAME:-default} or ${file:/path} is expected",
    ),
    "a reference without an end": (
        GOOD.replace("${TOKEN}", "${TOKEN"),
        ":7  connections.shop.token: `${` without `}`; write `$${` for the characters themselves",
    ),
    "a public address without TLS": (
        '[hub]\npublic_url = "http://orders.example.com"\n' + GOOD,
        ":2  hub.public_url: an address such as https://orders.example.com is expected (http for this machine only)",
    ),
    "an unknown database": (
        '[database]\nurl = "mysql://x/y"\n' + GOOD,
        ":2  database.url: sqlite:///FILE or postgresql://USER@HOST/DATABASE is expected",
    ),
    "a password in the database's address": (
        '[database]\nurl = "postgresql://hub:pw@db/hub"\n' + GOOD,
        ':2  database.url: a password in clear text; write "${NAME}" or "${file:/path}" for the address',
    ),
    "no sealing key": ("", ":1  security.sealing_keys: is missing"),
}


@pytest.mark.parametrize("name", WRONG)
def test_it_says_where_and_what_was_expected(read: Load, name: str) -> None:
    text, expected = WRONG[name]

    told = (
        problems(read, text) if expected else problems(read, "[connections]\nerp = 3\n[security]\nsealing_keys = []\n")
    )

    assert (expected or ":2  connections.erp: a table is expected") in told


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (GOOD + "shop = 'again'\n", ":8:15  the same key or table stands twice (Cannot overwrite a value)"),
        (GOOD + "[connections.shop]\n", "the same key or table stands twice"),
        (GOOD + "x = \n", ":8:5  Invalid value"),
        (GOOD + 'x = "', ":8:1  "),
    ],
)
def test_a_document_that_is_no_toml_is_told_with_line_and_column(read: Load, text: str, expected: str) -> None:
    (told,) = problems(read, text)

    assert expected in told


def test_all_problems_are_told_together_in_the_files_order(read: Load) -> None:
    text = GOOD.replace("acme", "${SHOP}").replace("SEALING_KEY", "NO_KEY") + 'enbled = 1\nsync.every = "soon"\n'

    told = problems(read, text)

    assert [line.split()[0] for line in told] == [":2", ":6", ":8", ":9"]


def test_a_variable_that_is_not_set_is_told_once(read: Load) -> None:
    told = problems(read, GOOD, TOKEN=None)

    assert told == [":7  connections.shop.token: the environment variable TOKEN is not set"]


def test_an_empty_variable_is_no_secret(read: Load) -> None:
    told = problems(read, GOOD + 'webhook.secrets = ["${EMPTY}"]\n', TOKEN="", EMPTY="")

    assert told == [
        ":7  connections.shop.token: is empty; a secret is expected",
        ":8  connections.shop.webhook.secrets.0: is empty; a secret is expected",
    ]


def test_no_problem_shows_a_secret(read: Load) -> None:
    text = GOOD.replace('"${SEALING_KEY}"', '"${SEALING_KEY}", "${SHORT}"')

    told = "\n".join(problems(read, text, SHORT="c2hvcnQ="))

    assert ":2  security.sealing_keys.1: 32 random bytes in base64 are expected" in told
    assert "c2hvcnQ=" not in told
    assert SEALING_KEY not in told


def test_a_problem_behind_an_optional_item_keeps_its_line(read: Load) -> None:
    text = GOOD + 'webhook.secrets = [\n  "${NOT_YET:-}",\n  "clear",\n]\n'

    (told,) = problems(read, text)

    assert told.startswith(":10  connections.shop.webhook.secrets.1: a secret in clear text")


def test_a_file_that_is_missing_or_no_text_is_told(tmp_path: Path) -> None:
    binary = tmp_path / "binary.toml"
    binary.write_bytes(b"\xff\xfe")

    with pytest.raises(Misconfigured, match="there is no such file"):
        load(tmp_path / "absent.toml", {}, {})
    with pytest.raises(Misconfigured, match="not UTF-8"):
        load(binary, {}, {})
    with pytest.raises(Misconfigured, match="cannot be read"):
        load(tmp_path, {}, {})
