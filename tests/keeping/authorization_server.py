"""A vendor's authorization server on loopback, as strict as the standards: codes once, PKCE, exact redirect addresses,
refresh tokens that rotate and whose second use ends everything.
"""

import base64
import hashlib
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, urlencode

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from hub.connector import OAuth2
from hub.front import bind

CLIENT, SECRET = "app-7", "client-secret-canary"
DEAD = "refresh-from-an-old-day"


@dataclass(eq=False)
class AuthorizationServer:
    address: str = ""
    error: str = ""  # instead of a code
    wrong_state: bool = False
    short_lived: bool = False  # codes are too old as soon as they are given
    gives_refresh: bool = True
    codes: dict[str, tuple[str, str]] = field(default_factory=dict)  # code -> (challenge, redirect address)
    refresh: str = "none yet"
    given: int = 0
    asked: list[dict[str, str]] = field(default_factory=list)

    def way(self, refresh_token: str = "", secret: str = SECRET) -> OAuth2:
        return OAuth2(
            token_url=f"{self.address}/token",
            client_id=CLIENT,
            client_secret=secret,
            refresh_token=refresh_token,
            authorize_url=f"{self.address}/authorize?locale=en",
            scopes=("books.read", "books.write"),
        )

    def forget(self) -> None:
        """As new, at the same address."""
        self.__dict__.update(AuthorizationServer(self.address).__dict__)

    async def authorize(self, request: Request) -> Response:
        """As if the person had clicked "allow" (or "deny") at once."""
        asked = dict(request.query_params)
        self.asked.append(asked)
        answer = {"state": "another" if self.wrong_state else asked["state"]}
        if self.error:
            answer |= {"error": self.error, "error_description": "said the person"}
        else:
            code = secrets.token_urlsafe(16)
            self.codes[code] = (asked["code_challenge"], asked["redirect_uri"])
            answer |= {"code": code, "realmId": "4620816365"}
        return RedirectResponse(f"{asked['redirect_uri']}?{urlencode(answer)}")

    async def token(self, request: Request) -> Response:
        form = dict(parse_qsl((await request.body()).decode()))
        wanted = base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        if request.headers.get("authorization") != f"Basic {wanted}":
            return JSONResponse({"error": "invalid_client"}, status_code=401)
        if form["grant_type"] == "authorization_code":
            challenge, redirect = self.codes.pop(form["code"], ("", ""))
            proved = base64.urlsafe_b64encode(hashlib.sha256(form["code_verifier"].encode()).digest()).rstrip(b"=")
            if self.short_lived or proved.decode() != challenge or form["redirect_uri"] != redirect:
                return JSONResponse({"error": "invalid_grant"}, status_code=400)
        elif form["refresh_token"] != self.refresh:
            self.refresh = "revoked"
            return JSONResponse({"error": "invalid_grant"}, status_code=400)
        self.given += 1
        answer = {"token_type": "bearer", "access_token": f"access-canary-{self.given}", "expires_in": 3600}
        if self.gives_refresh:
            self.refresh = f"refresh-canary-{self.given}"
            answer["refresh_token"] = self.refresh
        return JSONResponse(answer)

    async def books(self, request: Request) -> Response:
        good = request.headers.get("authorization") == f"Bearer access-canary-{self.given}"
        return JSONResponse({"company": "Acme"}, status_code=200 if good and self.given else 401)


@contextmanager
def authorization_server() -> Iterator[AuthorizationServer]:
    """In a thread: what asks it may run an event loop of its own."""
    server = AuthorizationServer()
    listening = bind("127.0.0.1", 0)
    server.address = f"http://127.0.0.1:{listening.getsockname()[1]}"
    routes = [
        Route("/authorize", server.authorize),
        Route("/token", server.token, methods=["POST"]),
        Route("/books", server.books),
    ]
    app = Starlette(routes=routes)
    running = uvicorn.Server(uvicorn.Config(app, log_level="error", lifespan="off"))
    thread = threading.Thread(target=running.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    while not running.started:
        time.sleep(0.005)
    try:
        yield server
    finally:
        running.should_exit = True
        thread.join(10)
