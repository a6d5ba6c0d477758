"""Sends what was planned, and reads what came of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import httpx

from connectors.http_api.client import get, json_of
from connectors.http_api.commands import Ask
from connectors.http_api.language import Expression, Unfit, encode
from connectors.http_api.pushes import FindSettings, PushSettings
from hub.connector import Account, Event, Find, KeyHeader, Push, Safety, Upsert
from hub.domain.clock import rfc3339
from hub.domain.errors import Missing, TryLater, Unknown
from hub.domain.ids import CommandId

_REFERENCE = "Orderhub-Reference"  # of every call: servers may log and store it


@dataclass(frozen=True, slots=True)
class Sender:
    push: PushSettings

    async def __call__(self, account: Account, wish: Ask, id: CommandId) -> Sequence[Event]:
        headers = {_REFERENCE: wish.reference}
        if self.push.safety == "idempotency-key":
            headers[self.push.key_header] = id
        content: dict[str, Any] = {}
        if wish.body is not None:
            headers["Content-Type"] = "application/json"
            content = {"content": encode(wish.body)}
        answer = await account.http.request(self.push.method, wish.path, headers=headers, **content)
        return self._heard(account, wish, id, answer)

    def _heard(self, account: Account, wish: Ask, id: CommandId, answer: httpx.Response) -> Sequence[Event]:
        """`Unknown` where the reply is not the system's own: it may have acted, and is asked again by the safety."""
        if "html" in answer.headers.get("content-type", ""):
            raise Unknown(f"{self.push.method} {answer.request.url.path}: a page came, no answer")
        if self.push.answer:
            try:
                json_of(answer)
            except ValueError as fault:
                raise Unknown(str(fault)) from fault
            return [Event(kind=self.push.answer, body=answer.content, at=account.now())]
        if self.push.receipt:
            try:
                reply = json_of(answer) if answer.content.strip() else None
            except ValueError:
                reply = answer.text[:1_000]
            return [receipt(self.push, account, wish, id, reply, answer.headers.get("location", ""))]
        return []


def receipt(push: PushSettings, account: Account, wish: Ask, id: str, reply: Any, location: str) -> Event:
    """What the kind of `receipt` reads: all that is known of a thing that was done."""
    told = {
        "reference": wish.reference,
        "command": id,
        "at": rfc3339(account.now()),
        "sent": wish.body,
        "reply": reply,
        "location": location,
    }
    return Event(kind=push.receipt, body=encode(told), at=account.now())


@dataclass(frozen=True, slots=True)
class Finder:
    """Looks for our reference among what a GET shows."""

    push: PushSettings
    each: Expression
    reference: Expression

    async def __call__(self, account: Account, wish: Ask, id: CommandId) -> Sequence[Event] | None:
        try:
            found, _ = await get(account, wish.find)
        except Missing:
            return None
        try:
            listed = self.each(found)
            things = listed if isinstance(listed, list) else [listed]
            mine = [each for each in things if each is not None and self.reference(each) == wish.reference]
        except Unfit as fault:
            raise TryLater(f"find: {fault}") from fault
        if not mine:
            return None
        if self.push.answer:
            return [Event(kind=self.push.answer, body=encode(mine[0]), at=account.now())]
        if self.push.receipt:
            return [receipt(self.push, account, wish, id, mine[0], "")]
        return []


def push_of(push: PushSettings) -> Push:
    return Push(send=Sender(push), safety=_safety(push))


def _safety(push: PushSettings) -> Safety:
    if push.safety == "idempotency-key":
        return KeyHeader(push.key_header, push.key_lifetime)
    if push.safety == "upsert":
        return Upsert(f"the id in its path, {push.path}")
    find: FindSettings | None = push.find
    assert find is not None  # the settings are refused without
    return Find(Finder(push, Expression(find.each), Expression(find.reference)), settles=find.settles)
