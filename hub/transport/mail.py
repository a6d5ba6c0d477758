"""The way to a mail server: one message, one connection, one deadline; and a look into the archive of what was sent.

RFC 5321, section 4.2.5: until the server has answered the end of the data, it has taken nothing. So whatever breaks
before the data goes out is no harm done, and whatever breaks after is an unknown outcome.
"""

import asyncio
import contextlib
import functools
import imaplib
import ssl
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from email import policy
from email.message import EmailMessage
from urllib.parse import unquote, urlsplit

import aiosmtplib

from hub.connector import Limits, Smtp
from hub.domain.errors import HubError, NeedsAttention, Refused, TryLater, Unknown
from hub.transport.budget import Budget
from hub.transport.share import Share
from hub.transport.verdict import EXCERPT

_CREDENTIALS = (530, 534, 535, 538)  # RFC 4954, section 6: authentication is required, too weak, wrong
_AUTH_LATER = (432, 454)
_WIRE = policy.SMTP.clone(cte_type="7bit")  # any server takes it, whether it offers 8BITMIME or not


@functools.cache
def _tls() -> ssl.SSLContext:
    """The machine's own trusted roots: mail servers of a house often have certificates of the house."""
    return ssl.create_default_context()


class MailServer:
    """Both halves of `hub.connector.Mail`."""

    def __init__(
        self, connection: str, smtp: Smtp, limits: Limits, redact: Callable[[str], str], share: Share | None = None
    ) -> None:
        """`share` is of the messages that all processes may send together; without it this process is alone."""
        self._connection = connection
        self._smtp = smtp
        self._seconds = limits.deadline.total_seconds()
        self._slots = asyncio.Semaphore(limits.at_once)
        self._redact = redact
        self._budget = Budget(limits.requests, limits.per)
        self._share = share

    async def send(self, message: EmailMessage, to: Sequence[str]) -> None:
        data = message.as_bytes(policy=_WIRE)
        sender = message["From"].addresses[0].addr_spec
        gone = False  # the data has begun to leave
        client = self._client()
        try:
            async with asyncio.timeout(self._seconds), self._slots:
                await self._turn()
                await client.connect()
                await client.mail(sender)
                for each in to:  # one that is refused refuses the message: it is never sent to a part of them
                    await client.rcpt(each)
                gone = True
                await client.data(data)
        except Exception as fault:
            raise self._meaning(fault, gone) from fault
        finally:
            await _leave(client)

    async def greet(self) -> None:
        client = self._client()
        try:
            async with asyncio.timeout(self._seconds):
                await client.connect()
        except Exception as fault:
            raise self._meaning(fault, gone=False) from fault
        finally:
            await _leave(client)

    async def find(self, message_id: str) -> bool | None:
        if not self._smtp.archive:
            return None
        try:
            return await asyncio.to_thread(self._search, message_id)
        except imaplib.IMAP4.abort as fault:
            raise TryLater(self._said("archive", str(fault))) from fault
        except imaplib.IMAP4.error as fault:
            raise NeedsAttention(self._said("archive", str(fault))) from fault
        except OSError as fault:
            raise TryLater(self._said("archive", fault.strerror or type(fault).__name__)) from fault

    # ------------------------------------------------------------------------------------------------ what it means

    def _meaning(self, fault: Exception, gone: bool) -> HubError:
        said = self._said("smtp", str(fault) or type(fault).__name__)
        match fault:
            case aiosmtplib.SMTPAuthenticationError(code=code):
                return TryLater(said) if code in _AUTH_LATER else NeedsAttention(said)
            case aiosmtplib.SMTPConnectResponseError():
                return TryLater(said)  # RFC 5321, section 3.1: 554 instead of a greeting is "no service here now"
            case aiosmtplib.SMTPResponseException(code=code) if 400 <= code < 500:
                return TryLater(said)
            case aiosmtplib.SMTPResponseException(code=code) if 500 <= code < 600:
                return NeedsAttention(said) if code in _CREDENTIALS else Refused(said)
            case _ if gone:
                return Unknown(said)
            case aiosmtplib.SMTPNotSupported() | ssl.SSLCertVerificationError():
                return NeedsAttention(said)
            case _ if type(fault) is aiosmtplib.SMTPException:  # it lacks STARTTLS, or a way of logging in that we know
                return NeedsAttention(said)
            case ValueError():
                return Refused(said)  # an address that cannot travel
            case aiosmtplib.SMTPException() | OSError():  # a time-out is one, too
                if isinstance(fault.__cause__, ssl.SSLCertVerificationError):
                    return NeedsAttention(said)
                return TryLater(f"{said}; nothing was sent")
            case _:
                raise fault

    def _said(self, part: str, words: str) -> str:
        return f"{self._connection}: {part}: {self._redact(' '.join(words.split()))[:EXCERPT]}"

    def _client(self) -> aiosmtplib.SMTP:
        """`connect` also logs in."""
        return aiosmtplib.SMTP(
            hostname=self._smtp.host,
            port=self._smtp.port,
            use_tls=self._smtp.security == "tls",
            start_tls=self._smtp.security == "starttls",
            username=self._smtp.username or None,
            password=self._smtp.password or None,
            tls_context=_tls() if self._smtp.security != "none" else None,
            timeout=self._seconds,
        )

    async def _turn(self) -> None:
        """Waits until the next message may go, within the connection's rate."""
        if self._share is not None:
            await asyncio.sleep(await self._share.turn(self._seconds / 2))
            return
        at = time.monotonic()
        wait = self._budget.wait(at)
        if wait > self._seconds / 2:
            message = f"{self._connection}: no turn within half of the deadline; nothing was sent"
            raise TryLater(message, after=timedelta(seconds=wait))
        await asyncio.sleep(self._budget.take(at))

    # -------------------------------------------------------------------------------------------------- the archive

    def _search(self, message_id: str) -> bool:
        """In a thread: the standard library speaks IMAP in blocking calls only. Each has the deadline."""
        parts = urlsplit(self._smtp.archive)
        host = parts.hostname or ""
        with self._opened(parts.scheme == "imaps", host, parts.port) as imap:
            imap.login(unquote(parts.username or ""), unquote(parts.password or ""))
            mailbox = unquote(parts.path.lstrip("/")) or "INBOX"
            answer, said = imap.select(f'"{mailbox}"', readonly=True)
            if answer != "OK":
                raise imaplib.IMAP4.error(f"no mailbox {mailbox!r}: {said!r}")
            answer, found = imap.uid("SEARCH", "HEADER", "Message-ID", f'"{message_id}"')
            if answer != "OK":
                raise imaplib.IMAP4.error(f"SEARCH: {found!r}")
            return any(each for each in found)

    @contextlib.contextmanager
    def _opened(self, secure: bool, host: str, port: int | None) -> Iterator[imaplib.IMAP4]:
        imap = (
            imaplib.IMAP4_SSL(host, port or 993, ssl_context=_tls(), timeout=self._seconds)
            if secure
            else imaplib.IMAP4(host, port or 143, timeout=self._seconds)
        )
        try:
            yield imap
        finally:
            with contextlib.suppress(imaplib.IMAP4.error, OSError):
                imap.logout()


async def _leave(client: aiosmtplib.SMTP) -> None:
    """A goodbye that nobody waits long for: what was answered stands."""
    if client.is_connected:
        with contextlib.suppress(aiosmtplib.SMTPException, OSError, TimeoutError):
            await client.quit(timeout=1)
    client.close()
