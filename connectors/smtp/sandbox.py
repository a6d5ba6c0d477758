"""A mail server on this machine that keeps what it gets, and an archive to look into.

Both listen from the start: `smtp_port` and `imap_port` are theirs, free ones where 0 was given. The control side of a
sandbox says them, too (`/_sandbox/state`). `Faults` fall on the messages: a refusal is a reply code of SMTP with the
class of `status` (503: 451, 400: 554, 401: 530).
"""

import functools
from collections.abc import Mapping
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from typing import Any

from aiosmtpd.smtp import Envelope
from starlette.routing import Route

from connectors.smtp.sandbox_servers import Handler, imap, listen, smtp
from hub.sandbox import Act, Sandbox


@dataclass(eq=False)
class SmtpSandbox(Sandbox):
    username: str = "orders"
    password: str = "sandbox-password"
    smtp_port: int = 0
    imap_port: int = 0
    keeps_copies: bool = True  # False: nothing is archived
    messages: list[dict[str, Any]] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)  # address -> reply

    def __post_init__(self) -> None:
        super().__post_init__()
        handler = Handler(self.take, self.refuse)
        self.smtp_port = listen(
            self.smtp_port,
            functools.partial(smtp, handler=handler, username=self.username, password=self.password),
            self,
        )
        self.imap_port = listen(
            self.imap_port, functools.partial(imap, has=self.has, username=self.username, password=self.password), self
        )

    def routes(self) -> list[Route]:
        return []

    def acts(self) -> Mapping[str, Act]:
        return {"refuse_address": self.refuse_address, "lose_archive": self.lose_archive}

    def state(self) -> dict[str, Any]:
        return {"smtp_port": self.smtp_port, "imap_port": self.imap_port, "messages": self.messages}

    def refuse_address(self, address: str, reply: str = "550 5.1.1 no such mailbox") -> None:
        self.refused[address] = reply

    def lose_archive(self) -> None:
        self.keeps_copies = False

    # ------------------------------------------------------------------------------- what the servers ask and tell

    def refuse(self, address: str) -> str:
        return self.refused.get(address, "")

    def has(self, message_id: str) -> bool:
        return self.keeps_copies and any(each["message_id"] == message_id for each in self.messages)

    def take(self, envelope: Envelope) -> tuple[str, bool]:
        faults = self.faults
        self.calls.append(("DATA", "/"))
        for name in ("refuse", "pages", "drop_requests", "silent", "drop_replies", "slow_bodies"):
            left = getattr(faults, name)
            if left > 0:
                setattr(faults, name, left - 1)
                break
        else:
            name = ""
        match name:
            case "refuse" if faults.status >= 500 or faults.status == 429:
                return "451 4.3.0 try again later", True
            case "refuse" if faults.status in (401, 403):
                return "530 5.7.0 authentication required", True
            case "refuse":
                return "554 5.7.1 refused", True
            case "pages":
                return "<!doctype html><title>Bad gateway</title>\r\n", False
            case "drop_requests" | "silent":  # a client that waits for ever would be cut off by its own deadline
                return "", False
        self._keep(envelope)
        match name:
            case "drop_replies":
                return "", False
            case "slow_bodies":
                return "25", False
            case _:
                return "250 2.0.0 taken", True

    def _keep(self, envelope: Envelope) -> None:
        content = envelope.content
        assert isinstance(content, bytes)
        message = message_from_bytes(content, policy=policy.default)
        text, html = message.get_body(("plain",)), message.get_body(("html",))
        self.messages.append(
            {
                "message_id": message["Message-ID"],
                "order": message["X-Orderhub-Order"],
                "occasion": message["X-Orderhub-Occasion"],
                "from": message["From"],
                "to": message["To"],
                "recipients": list(envelope.rcpt_tos),
                "subject": message["Subject"],
                "headers": {name: str(value) for name, value in message.items()},
                "text": text.get_content().replace("\r\n", "\n") if text else "",
                "html": html.get_content().replace("\r\n", "\n") if html else "",
            }
        )
