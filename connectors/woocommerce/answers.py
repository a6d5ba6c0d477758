"""What the store's answers mean, where the status alone does not tell.

Errors are `{"code", "message", "data": {"status"}}` (developer.woocommerce.com/docs/apis/rest-api). In front of the
API stands a WordPress site with caches and maintenance pages, which answer in HTML, sometimes with status 200.
"""

import re
from typing import Any

import httpx
import msgspec

from hub.connector import is_read
from hub.domain.errors import HubError, Missing, NeedsAttention, Refused, TryLater, Unknown

_LONGEST_WORDS = 300
# `woocommerce_rest_shop_order_invalid_id`, `woocommerce_rest_invalid_order_id`, `woocommerce_rest_invalid_id`.
_NO_SUCH = re.compile(r"invalid_([a-z]+_)*id", re.ASCII)
_REFUNDS = "/refunds"  # the list of all refunds, which stores before WooCommerce 9.0 do not have


class _Error(msgspec.Struct):
    code: Any = None
    message: Any = None


_decode = msgspec.json.Decoder(_Error).decode


def verdict(response: httpx.Response) -> HubError | None:
    """`None`: the usual reading of the status."""
    request, status = response.request, response.status_code
    reads = is_read(request)
    if status < 300:
        if response.content.lstrip()[:1] in (b"{", b"["):
            return None
        words = "an answer that is not JSON: a page of the site, not of its API"
        return TryLater(words) if reads else Unknown(words)
    if status in (404, 400, 500):
        return _by_code(response)
    return None


def _by_code(response: httpx.Response) -> HubError | None:
    path, status = response.request.url.path, response.status_code
    try:
        error = _decode(response.content)
    except (ValueError, RecursionError):
        error = _Error()
    code = error.code if isinstance(error.code, str) else ""
    words = f"{response.request.method} {path}: {status} {code} {error.message}"[:_LONGEST_WORDS]
    if status == 404 and not code:
        return TryLater(f"{path}: 404 from the site, not from its API")
    if code == "rest_no_route":
        if path.endswith(_REFUNDS):
            return Missing(words)
        # WooCommerce is switched off, or permalinks are plain: this says nothing about the thing that was asked for.
        return NeedsAttention(f"{words} (is WooCommerce active, and are permalinks other than plain?)")
    if status in (404, 400) and _NO_SUCH.search(code):
        return Missing(words)  # 400 is how a change of a thing that does not exist is answered
    if status == 404:
        # A plug-in that shuts the API, or guards it: no proof that the thing is gone.
        return Refused(words)
    if code == "woocommerce_rest_cannot_create_order_refund":
        # Answered with 500 by the refunds controller, after it took back all that it had done.
        return Refused(words)
    return None
