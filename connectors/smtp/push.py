"""One e-mail to its server, and the look into the archive for it."""

from collections.abc import Sequence
from datetime import timedelta
from email.headerregistry import Address
from email.message import EmailMessage

from connectors.messages.notes import note
from connectors.smtp.plan import SendMail
from connectors.smtp.settings import SmtpSettings
from hub.connector import Account, Event, Find
from hub.domain.errors import Unknowable
from hub.domain.ids import CommandId


async def send(account: Account, wish: SendMail, key: CommandId) -> Sequence[Event]:
    assert account.mail is not None
    settings: SmtpSettings = account.settings
    copies = [settings.archive_copy] if settings.archive_copy else []
    await account.mail.send(message(account, wish, key), [wish.to, *copies])
    return [note(key, wish.order, wish.target, wish.to, account.now())]


async def look(account: Account, wish: SendMail, key: CommandId) -> Sequence[Event] | None:
    assert account.mail is not None
    found = await account.mail.find(message_id(account.settings, key))
    if found is None:
        raise Unknowable(
            f"the server's answer to the mail to {wish.to} was lost, and there is no archive to look into: "
            "ask the server's log, then retry it or leave it"
        )
    return [note(key, wish.order, wish.target, wish.to, account.now())] if found else None


# A Message-ID of ours exists only once it was sent, so nothing is looked for before. A blind copy is a mail, too: it
# may need minutes to arrive in the archive.
SAFETY = Find(look, before=False, settles=timedelta(minutes=5))


def message_id(settings: SmtpSettings, key: CommandId) -> str:
    """The same for each try of a command, so that an archive tells and a mailbox may drop a double."""
    return f"<{key}@{settings.sender.rpartition('@')[2]}>"


def message(account: Account, wish: SendMail, key: CommandId) -> EmailMessage:
    settings: SmtpSettings = account.settings
    made = EmailMessage()
    local, _, domain = settings.sender.rpartition("@")
    made["From"] = Address(settings.shop_name, local, domain)
    made["To"] = wish.to
    if settings.reply_to:
        made["Reply-To"] = settings.reply_to
    made["Subject"] = wish.heading
    made["Date"] = account.now()
    made["Message-ID"] = message_id(settings, key)
    made["Auto-Submitted"] = "auto-generated"  # RFC 3834: out-of-office replies stay away
    made["X-Orderhub-Order"] = wish.order
    made["X-Orderhub-Occasion"] = wish.target
    made.set_content(wish.text)
    made.add_alternative(wish.html, subtype="html")
    return made
