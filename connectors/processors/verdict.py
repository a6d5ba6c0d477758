"""Parts of a verdict that do not depend on the processor."""

from datetime import timedelta

import httpx


def retry_after(response: httpx.Response) -> timedelta:
    """In whole seconds, as processors say it; at most a day."""
    wait = response.headers.get("retry-after", "")
    return timedelta(seconds=min(int(wait), 86_400)) if wait.isascii() and wait.isdecimal() else timedelta()
