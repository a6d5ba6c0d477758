"""Twilio's messages as its API description says: form posts in, JSON out, no idempotency, signed callbacks."""

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.utils import format_datetime
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from connectors.messages.segments import segments
from connectors.twilio.inbound import signature
from connectors.twilio.read import opts
from hub.sandbox import Act, Delivery, Sandbox

_SID = "AC" + "0" * 32


@dataclass(eq=False)
class TwilioSandbox(Sandbox):
    """`secret` is the account's auth token: it signs callbacks and is the password of the API."""

    account_sid: str = _SID
    from_number: str = "+15005550006"
    inbound_url: str = ""  # where messages of people are told, as it stands in the number's settings
    messages: list[dict[str, Any]] = field(default_factory=list)  # oldest first
    callbacks: dict[str, str] = field(default_factory=dict)  # sid -> StatusCallback: the API gives it back nowhere
    opted_out: set[str] = field(default_factory=set)

    def routes(self) -> list[Route]:
        account = "/2010-04-01/Accounts/{account}"
        return [
            Route(f"{account}/Messages.json", self._create, methods=["POST"]),
            Route(f"{account}/Messages.json", self._list, methods=["GET"]),
            Route(f"{account}/Messages/{{sid}}.json", self._one, methods=["GET"]),
            Route(f"{account}.json", self._account, methods=["GET"]),
        ]

    def acts(self) -> Mapping[str, Act]:
        return {"receive": self.receive, "progress": self.progress}

    def state(self) -> dict[str, Any]:
        return {"messages": self.messages, "opted_out": sorted(self.opted_out)}

    # ------------------------------------------------------------------------------------------------------ people

    def receive(self, sender: str, text: str) -> dict[str, Any]:
        """A person writes to our number; the webhook of the number follows."""
        message = self._message(sender, self.from_number, text, "inbound", "received")
        match opts(text):
            case "out":
                self.opted_out.add(sender)
            case "in":
                self.opted_out.discard(sender)
        form = self._form(message) | {"SmsStatus": "received", "Body": text, "NumMedia": "0", "NumSegments": "1"}
        self._tell("inbound", self.inbound_url, form)
        return message

    def progress(self, sid: str, status: str, error_code: int = 0) -> dict[str, Any]:
        """The carrier tells what became of a message; its status callback follows."""
        (message,) = (each for each in self.messages if each["sid"] == sid)
        message |= {"status": status, "date_updated": self._date(), "error_code": error_code or None}
        if sid in self.callbacks:
            form = self._form(message) | {"SmsStatus": status, "MessageStatus": status}
            form |= {"ErrorCode": str(error_code)} if error_code else {}
            self._tell("status", self.callbacks[sid], form)
        return message

    def _form(self, message: Mapping[str, Any]) -> dict[str, str]:
        return {
            "AccountSid": self.account_sid,
            "ApiVersion": "2010-04-01",
            "From": message["from"],
            "MessageSid": message["sid"],
            "SmsSid": message["sid"],
            "To": message["to"],
        }

    def _tell(self, kind: str, url: str, form: Mapping[str, str]) -> None:
        body = urlencode(form).encode()
        headers = {
            "Content-Type": "application/x-www-form-urlencoded; charset=UTF-8",
            "X-Twilio-Signature": signature(self.secret, url, body),
        }
        self.deliveries.append(Delivery(kind=kind, headers=headers, body=body, query=urlsplit(url).query))

    # --------------------------------------------------------------------------------------------------------- API

    async def _create(self, request: Request) -> Response:
        if refused := self._refused(request):
            return refused
        form = dict(parse_qsl((await request.body()).decode(), keep_blank_values=True))
        to, body = form.get("To", ""), form.get("Body", "")
        if not to:
            return _fault(400, 21604, "A 'To' phone number is required.")
        if not body:
            return _fault(400, 21602, "Message body is required.")
        if not to.startswith("+"):
            return _fault(400, 21211, f"Invalid 'To' Phone Number: {to}")
        if form.get("From", self.from_number) != self.from_number:
            return _fault(400, 21606, "The 'From' phone number is not a valid, SMS-capable number of your account.")
        if to in self.opted_out:
            return _fault(400, 21610, "Attempt to send to unsubscribed recipient")
        message = self._message(self.from_number, to, body, "outbound-api", "queued")
        if callback := form.get("StatusCallback"):
            self.callbacks[message["sid"]] = callback
        return JSONResponse(message, 201)

    async def _list(self, request: Request) -> Response:
        if refused := self._refused(request):
            return refused
        query = request.query_params
        found = [
            each
            for each in reversed(self.messages)
            if query.get("To", each["to"]) == each["to"] and query.get("From", each["from"]) == each["from"]
        ]
        size, page = int(query.get("PageSize", "50")), int(query.get("Page", "0"))
        start = size * page
        shown = found[start : start + size]
        return JSONResponse(
            {
                "start": start,
                "end": start + max(len(shown) - 1, 0),
                "page": page,
                "page_size": size,
                "uri": self._page(request, page),
                "first_page_uri": self._page(request, 0),
                "previous_page_uri": self._page(request, page - 1) if page else None,
                "next_page_uri": self._page(request, page + 1) if start + size < len(found) else None,
                "messages": shown,
            }
        )

    def _page(self, request: Request, page: int) -> str:
        return f"{request.url.path}?{urlencode({**request.query_params, 'Page': str(page)})}"

    async def _one(self, request: Request) -> Response:
        if refused := self._refused(request):
            return refused
        for each in self.messages:
            if each["sid"] == request.path_params["sid"]:
                return JSONResponse(each)
        return _fault(404, 20404, f"The requested resource {request.url.path} was not found")

    async def _account(self, request: Request) -> Response:
        if refused := self._refused(request):
            return refused
        return JSONResponse({"sid": self.account_sid, "friendly_name": "Sandbox", "status": "active", "type": "Full"})

    def _refused(self, request: Request) -> Response | None:
        proof = base64.b64encode(f"{self.account_sid}:{self.secret}".encode()).decode()
        if request.path_params["account"] != self.account_sid or request.headers.get("authorization") != (
            f"Basic {proof}"
        ):
            return _fault(401, 20003, "Authenticate")
        return None

    def _message(self, sender: str, to: str, body: str, direction: str, status: str) -> dict[str, Any]:
        sid = f"SM{len(self.messages) + 1:032x}"
        path = f"/2010-04-01/Accounts/{self.account_sid}/Messages/{sid}"
        now = self._date()
        message = {
            "account_sid": self.account_sid,
            "api_version": "2010-04-01",
            "body": body,
            "date_created": now,
            "date_sent": None if direction != "inbound" else now,
            "date_updated": now,
            "direction": direction,
            "error_code": None,
            "error_message": None,
            "from": sender,
            "messaging_service_sid": None,
            "num_media": "0",
            "num_segments": str(segments(body)),
            "price": None,
            "price_unit": "USD",
            "sid": sid,
            "status": status,
            "subresource_uris": {"media": f"{path}/Media.json"},
            "to": to,
            "uri": f"{path}.json",
        }
        self.messages.append(message)
        return message

    def _date(self) -> str:
        return format_datetime(self.now().replace(microsecond=0))


def _fault(status: int, code: int, message: str) -> Response:
    more = f"https://www.twilio.com/docs/errors/{code}"
    return JSONResponse({"code": code, "message": message, "more_info": more, "status": status}, status)
