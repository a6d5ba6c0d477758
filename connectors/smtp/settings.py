"""The keys of an e-mail connection, and the way to its server."""

import re
from datetime import timedelta
from typing import Annotated, Literal, Self
from urllib.parse import unquote, urlsplit

from pydantic import AfterValidator, Field, SecretStr, model_validator

from connectors.messages.occasions import ForBuyer
from connectors.messages.settings import MessageSettings
from hub.connector import Headers, Limits, Smtp, Way
from hub.options import is_loopback

# RFC 5321, section 4.1.2, without quoted local parts and address literals: what people have.
_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@([A-Za-z0-9-]{1,63}\.)+[A-Za-z0-9-]{2,63}")


def is_address(text: str) -> bool:
    return _ADDRESS.fullmatch(text) is not None


def _address(text: str) -> str:
    if not is_address(text):
        raise ValueError(f"{text!r} is not an e-mail address")
    return text


def _archive(url: SecretStr) -> SecretStr:
    parts = urlsplit(url.get_secret_value())
    if not url.get_secret_value():
        return url
    try:
        port = parts.port
    except ValueError:
        port = None
    host = parts.hostname or ""
    if not (parts.username and parts.password and host) or (port is None and ":" in parts.netloc.rpartition("@")[2]):
        raise ValueError("imaps://user:password@host:port/Mailbox is expected, with a quoted password")
    if parts.scheme != "imaps" and not (parts.scheme == "imap" and is_loopback(host)):
        raise ValueError("imaps is expected (imap only for this machine): the password travels with it")
    mailbox = unquote(parts.path)
    if '"' in mailbox or "\\" in mailbox:
        raise ValueError("the name of the mailbox has a character that IMAP would take for its own")
    if not all(unquote(part).isascii() for part in (parts.username, parts.password, mailbox)):
        raise ValueError("ASCII is expected, since IMAP has nothing else; mailboxes beyond it have a name in UTF-7")
    return url


Address = Annotated[str, AfterValidator(_address)]


class SmtpSettings(MessageSettings):
    host: Annotated[str, Field(min_length=1)]
    port: Annotated[int, Field(ge=1, le=65535)] = 587
    security: Literal["starttls", "tls", "none"] = "starttls"  # "none" for a server on this machine only
    username: str = ""
    password: SecretStr = SecretStr("")
    sender: Address  # the From address
    reply_to: Address | None = None
    # A mailbox with a copy of all that was sent: looked into when the server's answer was lost.
    archive: Annotated[SecretStr, AfterValidator(_archive)] = SecretStr("")
    archive_copy: Address | None = None  # gets a blind copy of each message, where the server keeps none by itself
    occasions: frozenset[ForBuyer] = frozenset(ForBuyer)

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.security == "none" and not is_loopback(self.host):
            raise ValueError('security = "none" is for a server on this machine only')
        if bool(self.username) != bool(self.password.get_secret_value()):
            raise ValueError("username and password belong together")
        if self.archive_copy and not self.archive.get_secret_value():
            raise ValueError("archive_copy without an archive: nobody would look at the copies")
        return self


def way(settings: SmtpSettings) -> Way:
    return Way(
        base_url=f"smtp://{settings.host}:{settings.port}",
        auth=Headers(headers={}),
        # Amazon SES begins at 14 a second, Microsoft 365 takes 30 a minute: `rate_limit` says what yours takes.
        limits=Limits(requests=10, at_once=4, deadline=timedelta(seconds=60)),
        smtp=Smtp(
            host=settings.host,
            port=settings.port,
            security=settings.security,
            username=settings.username,
            password=settings.password.get_secret_value(),
            archive=settings.archive.get_secret_value(),
        ),
    )
