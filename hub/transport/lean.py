"""The client that connectors hold: httpx's own, without the steps that a call through the passage has no use for.

Of stock httpx's time for a call two thirds go into joining URLs, cookies, authentication flows, redirects and hooks. A
plain call goes straight to the passage, whose answers are whole; whatever is not plain goes httpx's own way.
"""

import functools
from collections.abc import Callable, Mapping
from typing import Any

import httpx

from hub.transport.passage import Passage

_DEFAULT: Any = httpx.USE_CLIENT_DEFAULT
_ADDRESSES = 512  # remembered: most vendors are called at a handful


class Client(httpx.AsyncClient):
    def __init__(self, passage: Passage, base_url: str, headers: Mapping[str, str]) -> None:
        super().__init__(
            transport=passage,
            base_url=base_url,
            headers=headers,
            follow_redirects=False,
            trust_env=False,  # no proxy or password from the environment
            timeout=None,
        )
        self._passage = passage
        self._address = functools.lru_cache(_ADDRESSES)(_joined(self.base_url))
        self._usual = {name.decode().lower(): (name, value) for name, value in self.headers.raw}

    def build_request(
        self,
        method: str,
        url: httpx.URL | str,
        *,
        content: Any = None,
        data: Any = None,
        files: Any = None,
        json: Any = None,
        params: Any = None,
        headers: Any = None,
        cookies: Any = None,
        timeout: Any = _DEFAULT,
        extensions: Any = None,
    ) -> httpx.Request:
        plain = type(url) is str and params is None and cookies is None and timeout is _DEFAULT
        address = self._address(url) if plain else None
        if address is None or not (headers is None or isinstance(headers, Mapping)):
            return super().build_request(
                method,
                url,
                content=content,
                data=data,
                files=files,
                json=json,
                params=params,
                headers=headers,
                cookies=cookies,
                timeout=timeout,
                extensions=extensions,
            )
        return httpx.Request(
            method,
            address,
            content=content,
            data=data,
            files=files,
            json=json,
            headers=self._with_usual(headers),
            extensions=extensions,
        )

    async def send(
        self, request: httpx.Request, *, stream: bool = False, auth: Any = _DEFAULT, follow_redirects: Any = _DEFAULT
    ) -> httpx.Response:
        plain = auth is _DEFAULT and not (follow_redirects is not _DEFAULT and follow_redirects)
        if not plain or self.is_closed or request.url.userinfo:
            return await super().send(request, stream=stream, auth=auth, follow_redirects=follow_redirects)
        return await self._passage.handle_async_request(request)

    def _with_usual(self, headers: Mapping[str, str] | None) -> list[tuple[Any, Any]]:
        if not headers:
            return [*self._usual.values()]
        own = {name.lower() for name in headers}
        return [*(each for name, each in self._usual.items() if name not in own), *headers.items()]


def _joined(base: httpx.URL) -> Callable[[str], httpx.URL | None]:
    root = str(base).rstrip("/")

    def joined(url: str) -> httpx.URL | None:
        """As httpx would join them; `None`: ask httpx."""
        if url.startswith("/") and not url.startswith("//") and not base.query:
            return httpx.URL(root + url)
        return httpx.URL(url) if url.startswith(("https://", "http://")) else None

    return joined
