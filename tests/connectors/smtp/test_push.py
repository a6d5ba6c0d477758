"""Mails that arrive once, whatever the server does in between."""

import pytest

from connectors.smtp import CONNECTOR
from connectors.smtp.push import SAFETY, look, message, send
from connectors.smtp.sandbox import SmtpSandbox
from hub.connector import Reading
from hub.domain.errors import Refused, TryLater, Unknowable, Unknown
from hub.domain.ids import CommandId
from hub.domain.records import MessageChannel, MessageRecord, MessageStatus
from tests.conftest import Time
from tests.connectors.smtp import office

KEY = CommandId("cmd_01")


@pytest.mark.parametrize("fault", ["drop_replies", "slow_bodies"])
async def test_a_lost_answer_to_a_mail_that_was_taken_is_unknown_and_found_in_the_archive(
    time: Time, fault: str
) -> None:
    sandbox = SmtpSandbox(now=time)
    setattr(sandbox.faults, fault, 1)

    async with office.account(time, sandbox) as account:
        with pytest.raises(Unknown):
            await send(account, office.mail(), KEY)
        found = await look(account, office.mail(), KEY)

    assert found is not None
    assert len(sandbox.messages) == 1


@pytest.mark.parametrize("fault", ["drop_requests", "silent", "pages"])
async def test_a_lost_answer_to_a_mail_that_was_not_taken_is_unknown_and_not_in_the_archive(
    time: Time, fault: str
) -> None:
    sandbox = SmtpSandbox(now=time)
    setattr(sandbox.faults, fault, 1)

    async with office.account(time, sandbox) as account:
        with pytest.raises(Unknown):
            await send(account, office.mail(), KEY)

        assert await look(account, office.mail(), KEY) is None


async def test_without_an_archive_nobody_says_whether_a_mail_was_taken(time: Time) -> None:
    async with office.account(time) as account:
        with pytest.raises(Unknowable, match="no archive"):
            await look(account, office.mail(), KEY)


@pytest.mark.parametrize(("status", "error"), [(503, TryLater), (400, Refused)])
async def test_a_mail_that_the_server_declines_was_not_sent(time: Time, status: int, error: type[Exception]) -> None:
    sandbox = SmtpSandbox(now=time)
    sandbox.faults.refuse, sandbox.faults.status = 1, status

    async with office.account(time, sandbox) as account:
        with pytest.raises(error):
            await send(account, office.mail(), KEY)

    assert sandbox.messages == []


@pytest.mark.parametrize(("reply", "error"), [("450 4.2.1 greylisted", TryLater), ("550 5.1.1 no", Refused)])
async def test_an_address_that_the_server_declines_gets_nothing(time: Time, reply: str, error: type[Exception]) -> None:
    sandbox = SmtpSandbox(now=time)
    sandbox.refuse_address("ada@example.com", reply)

    async with office.account(time, sandbox) as account:
        with pytest.raises(error):
            await send(account, office.mail(), KEY)

    assert sandbox.messages == []


async def test_a_sent_mail_says_whose_it_is_and_leaves_a_note_for_the_order(time: Time) -> None:
    sandbox = SmtpSandbox(now=time)

    async with office.account(time, sandbox, archive_copy="archive@shop.example") as account:
        (event,) = await send(account, office.mail(), KEY)
        (record,) = CONNECTOR.read[event.kind](Reading(connection="mail", settings=account.settings), event.body)

    (sent,) = sandbox.messages
    assert sent["message_id"] == "<cmd_01@shop.example>"
    assert sent["headers"]["Auto-Submitted"] == "auto-generated"
    assert sent["headers"]["X-Orderhub-Order"] == office.ORDER
    assert sent["recipients"] == ["ada@example.com", "archive@shop.example"]
    assert "archive@shop.example" not in str(sent["headers"])
    assert sent["text"] == "Thank you.\n"
    assert sent["html"] == "<p>Thank you.</p>\n"
    assert isinstance(record, MessageRecord)
    assert (record.occasion, record.channel, record.to) == ("confirmed", MessageChannel.EMAIL, "ada@example.com")
    assert record.status is MessageStatus.SENT
    assert record.claims == (office.ORDER,)
    assert record.source.external_id == KEY


async def test_a_subject_of_several_lines_makes_no_header_of_its_own(time: Time) -> None:
    async with office.account(time) as account:
        with pytest.raises(ValueError, match="linefeed"):
            message(account, office.mail(heading="Hello\r\nBcc: eve@example.com"), KEY)


def test_an_archive_is_given_time_to_get_its_copy() -> None:
    assert SAFETY.settles.total_seconds() == 300
    assert not SAFETY.before
