"""Settings of a mail connection: what could not work, or would leak, is refused when it is read."""

from typing import Any

import pytest
from pydantic import ValidationError

from connectors.smtp import CONNECTOR
from tests.connectors.smtp import office

ARCHIVE = "imaps://orders:word@imap.example.com/Sent"


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"security": "none"}, "this machine only"),
        ({"username": "orders"}, "belong together"),
        ({"sender": "orders"}, "not an e-mail address"),
        ({"archive_copy": "archive@shop.example"}, "without an archive"),
        ({"archive": "imap://orders:word@imap.example.com/Sent"}, "imaps is expected"),
        ({"archive": "imaps://imap.example.com/Sent"}, "user:password"),
        ({"archive": "imaps://orders:word@imap.example.com:x/Sent"}, "user:password"),
        ({"archive": 'imaps://orders:word@imap.example.com/S"nt'}, "would take for its own"),
        ({"archive": "imaps://orders:word@imap.example.com/S%22nt"}, "would take for its own"),
        ({"archive": "imaps://orders:word@imap.example.com/Envoy%C3%A9s"}, "ASCII"),
        ({"archive": "imaps://orders:w%C3%B6rd@imap.example.com/Sent"}, "ASCII"),
    ],
)
def test_settings_that_would_leak_or_fail_are_refused(wrong: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        office.settings(**wrong)


def test_settings_that_work_are_the_way_there_and_print_no_password() -> None:
    given = office.settings(username="orders", password="hunter22", archive=ARCHIVE.replace("word", "hunter33"))

    way = CONNECTOR.way(given)

    assert way.smtp is not None
    assert (way.smtp.host, way.smtp.password, way.smtp.security) == ("mail.example.com", "hunter22", "starttls")
    assert "hunter" not in f"{given!r} {given} {way!r}"
