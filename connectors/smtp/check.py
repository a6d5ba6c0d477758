"""What `hub check` can find out without sending a mail."""

from collections.abc import AsyncIterator

from connectors.smtp.settings import SmtpSettings
from hub.connector import Account, Finding
from hub.domain.errors import HubError


async def check(account: Account) -> AsyncIterator[Finding]:
    assert account.mail is not None
    settings: SmtpSettings = account.settings
    try:
        await account.mail.greet()
    except HubError as fault:
        yield Finding(ok=False, subject="credentials", message=str(fault))
    else:
        yield Finding(ok=True, subject="credentials", message=f"{settings.host} lets us in")
    if not settings.archive.get_secret_value():
        words = "none: a mail whose answer is lost waits for a person"
        yield Finding(ok=True, subject="archive", message=words)
        return
    try:
        await account.mail.find(f"<check@{settings.sender.rpartition('@')[2]}>")
    except HubError as fault:
        yield Finding(ok=False, subject="archive", message=str(fault))
    else:
        yield Finding(ok=True, subject="archive", message="can be searched")
