"""The way to a mail server: what broke, when, and what that means."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from email.message import EmailMessage

import pytest

from connectors.smtp import CONNECTOR
from connectors.smtp.card import card
from connectors.smtp.sandbox import SmtpSandbox
from hub.connector import Limits, Smtp
from hub.domain.errors import NeedsAttention, TryLater, Unknown
from hub.store.budgets import Budgets
from hub.store.database import Database
from hub.transport.client import WayOut
from hub.transport.mail import MailServer
from tests.conftest import Time
from tests.transport.vendor import Memory

Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def server(port: int, *, archive: str = "", seconds: float = 20, rate: int = 1000, **more: str) -> MailServer:
    smtp = Smtp(host="127.0.0.1", port=port, security="none", archive=archive, **more)
    limits = Limits(requests=rate, deadline=timedelta(seconds=seconds))
    return MailServer("mail", smtp, limits, lambda text: text.replace("hunter22", "[hidden]"))


def letter() -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "a@example.com", "b@example.com", "Grüße"
    message["Message-ID"] = "<cmd_1@example.com>"
    message.set_content("Schöne Grüße\n.\nund ein Punkt allein\n")
    return message


@asynccontextmanager
async def script(*answers: bytes) -> AsyncIterator[int]:
    """A server that says one line for each that it hears, then hangs up. The first is its greeting."""

    ended: list[asyncio.StreamWriter] = []

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        ended.append(writer)
        for answer in answers:
            writer.write(answer + b"\r\n")
            if answer.startswith(b"354"):
                await reader.readuntil(b"\r\n.\r\n")
            else:
                await reader.readline()
        writer.close()

    listening = await asyncio.start_server(talk, "127.0.0.1", 0)
    try:
        yield listening.sockets[0].getsockname()[1]
    finally:
        listening.close()
        for writer in ended:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()


OPEN = (b"220 hello", b"250 hello")


async def test_a_server_that_is_not_there_was_sent_nothing() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

    with pytest.raises(TryLater, match="nothing was sent"):
        await server(port).send(letter(), ["b@example.com"])


@pytest.mark.parametrize(
    "said",
    [
        (b"554 no service",),
        (b"<html>",),
        OPEN,
        (*OPEN, b"451 later"),
        (*OPEN, b"250 ok"),
        (*OPEN, b"250 ok", b"450 later"),
        (*OPEN, b"250 ok", b"250 ok", b"421 closing"),
    ],
)
async def test_what_breaks_before_the_letter_leaves_is_tried_again(said: tuple[bytes, ...]) -> None:
    async with script(*said) as port:
        with pytest.raises(TryLater):
            await server(port).send(letter(), ["b@example.com"])


@pytest.mark.parametrize("said", [(b"354 go",), (b"354 go", b"<html>"), ()])
async def test_what_breaks_after_the_letter_began_to_leave_is_unknown(said: tuple[bytes, ...]) -> None:
    async with script(*OPEN, b"250 ok", b"250 ok", *said) as port:
        with pytest.raises(Unknown):
            await server(port).send(letter(), ["b@example.com"])


async def test_a_server_that_says_nothing_is_left_at_the_deadline() -> None:
    async with silent() as port:
        with pytest.raises(TryLater):
            await server(port, seconds=0.05).send(letter(), ["b@example.com"])


@asynccontextmanager
async def silent() -> AsyncIterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening.getsockname()[1]


async def test_a_wrong_password_pauses_and_prints_nowhere() -> None:
    sandbox = SmtpSandbox()

    with pytest.raises(NeedsAttention) as raised:
        await server(sandbox.smtp_port, username="orders", password="hunter22").greet()

    assert "hunter22" not in str(raised.value)


async def test_a_server_without_starttls_gets_no_password() -> None:
    sandbox = SmtpSandbox()
    smtp = Smtp(host="127.0.0.1", port=sandbox.smtp_port, security="starttls", username="orders", password="hunter22")

    with pytest.raises(NeedsAttention):
        await MailServer("mail", smtp, Limits(requests=10), str).send(letter(), ["b@example.com"])

    assert sandbox.messages == []


async def test_letters_arrive_whole_with_dots_and_umlauts() -> None:
    sandbox = SmtpSandbox()

    await server(sandbox.smtp_port, username="orders", password=sandbox.password).send(letter(), ["b@example.com"])

    (sent,) = sandbox.messages
    assert sent["text"] == "Schöne Grüße\n.\nund ein Punkt allein\n"
    assert sent["subject"] == "Grüße"


async def test_more_letters_than_the_rate_allows_wait_for_a_later_turn() -> None:
    sandbox = SmtpSandbox()
    way = MailServer(
        "mail",
        Smtp(host="127.0.0.1", port=sandbox.smtp_port, security="none", username="orders", password=sandbox.password),
        Limits(requests=1, per=timedelta(hours=1)),
        str,
    )
    await way.send(letter(), ["b@example.com"])

    with pytest.raises(TryLater, match="no turn") as told:
        await way.send(letter(), ["b@example.com"])

    assert told.value.after > timedelta(minutes=59)
    assert len(sandbox.messages) == 1


async def test_letters_of_all_processes_are_within_one_budget(db: Database, time: Time) -> None:
    sandbox = SmtpSandbox()
    given = CONNECTOR.settings.model_validate(
        {"connector": "smtp", **card().settings(sandbox, ""), "rate_limit": {"requests": 1, "per": timedelta(hours=1)}}
    )
    one, other = (
        WayOut(Memory(), time, allowance=Budgets(db)).account("mail", CONNECTOR, given).mail for _ in range(2)
    )
    assert one is not None
    assert other is not None
    await one.send(letter(), ["b@example.com"])

    with pytest.raises(TryLater, match="nothing was sent"):
        await other.send(letter(), ["b@example.com"])

    assert len(sandbox.messages) == 1


async def test_an_archive_says_yes_no_or_is_not_there() -> None:
    sandbox = SmtpSandbox()
    archive = f"imap://orders:{sandbox.password}@127.0.0.1:{sandbox.imap_port}/Sent"
    way = server(sandbox.smtp_port, archive=archive, username="orders", password=sandbox.password)
    await way.send(letter(), ["b@example.com"])

    assert await way.find("<cmd_1@example.com>") is True
    assert await way.find("<cmd_2@example.com>") is False
    assert await server(sandbox.smtp_port).find("<cmd_1@example.com>") is None


@pytest.mark.parametrize(
    ("archive", "error"),
    [
        ("imap://orders:wrong@127.0.0.1:{port}/Sent", NeedsAttention),
        ("imap://orders:sandbox-password@127.0.0.1:{port}/Other", NeedsAttention),
        ("imap://orders:sandbox-password@127.0.0.1:1/Sent", TryLater),
    ],
)
async def test_an_archive_that_cannot_be_asked_never_says_no(archive: str, error: type[Exception]) -> None:
    sandbox = SmtpSandbox()

    with pytest.raises(error):
        await server(sandbox.smtp_port, archive=archive.format(port=sandbox.imap_port)).find("<cmd_1@example.com>")
