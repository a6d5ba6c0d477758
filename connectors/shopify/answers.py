"""What the Admin API's answers mean: errors come with status 200, and every answer tells what the calls cost.

Sources: shopify.dev/docs/api/usage/response-codes, shopify.dev/docs/apps/build/apis/graphql-admin/rate-limits.
"""

from datetime import timedelta
from typing import Any

import httpx
import msgspec

from hub.connector import READS
from hub.domain.errors import HubError, NeedsAttention, Refused, TryLater, Unknown

_LONGEST_WORDS = 300
_CREDENTIALS = ("ACCESS_DENIED", "SHOP_INACTIVE", "UNAUTHORIZED")
# Points that the dearest of our own queries may cost. A thing in many pages is asked for by queries of several costs: a
# wait for less would let a cheap one through and throttle the dear one after it, each time at the same page.
DEAREST = 760
_THEIR_FAULT = ("INTERNAL_SERVER_ERROR", "TIMEOUT")


class _Throttle(msgspec.Struct, rename="camel"):
    maximum_available: float = 0
    currently_available: float = 0
    restore_rate: float = 0


class _Cost(msgspec.Struct, rename="camel"):
    requested_query_cost: float | None = 0
    throttle_status: _Throttle | None = None


class _Extensions(msgspec.Struct):
    cost: _Cost | None = None


class _ErrorCode(msgspec.Struct):
    code: str | None = None


class _Error(msgspec.Struct):
    message: str | None = None
    extensions: _ErrorCode | None = None


class Answer(msgspec.Struct):
    data: Any = None
    errors: list[_Error] | str | None = None
    extensions: _Extensions | None = None


_decode = msgspec.json.Decoder(Answer).decode


def verdict(response: httpx.Response) -> HubError | None:
    """`None` for a good answer, and for every other status than 200: those have their usual meaning."""
    if response.status_code != 200:
        return None
    reads = any(response.request.extensions.get(name) for name in READS)
    try:
        answer = _decode(response.content)
    except (ValueError, RecursionError):
        return _lost("an answer that is not GraphQL", reads)
    if not answer.errors:
        return None if answer.data is not None else _lost("an answer without data", reads)
    if isinstance(answer.errors, str):  # how some refusals of credentials come
        return NeedsAttention(answer.errors[:_LONGEST_WORDS])
    codes = {error.extensions.code for error in answer.errors if error.extensions}
    words = "; ".join(error.message or "" for error in answer.errors)[:_LONGEST_WORDS]
    if "THROTTLED" in codes:
        # Costs are weighed before anything is done (same source): a throttled mutation did nothing.
        return TryLater(words, after=timedelta(seconds=max(1.0, _wait(answer))))
    if codes & set(_CREDENTIALS):
        return NeedsAttention(words)
    if codes & set(_THEIR_FAULT):
        return _lost(words, reads)
    return Refused(words)


def pause(response: httpx.Response) -> float:
    """Seconds until the dearest of our calls fits into what is left."""
    try:
        return _wait(_decode(response.content), at_least=DEAREST)
    except (ValueError, RecursionError):
        return 0.0


def refused(payload: dict[str, Any]) -> None:
    """Raises `Refused` with the vendor's words where a mutation's payload has user errors."""
    errors = payload.get("userErrors") or payload.get("orderCancelUserErrors") or []
    if errors:
        words = (f"{'.'.join(error.get('field') or [])}: {error.get('message')}".lstrip(": ") for error in errors)
        raise Refused("; ".join(words)[:_LONGEST_WORDS])


def data_of(response: httpx.Response) -> dict[str, Any]:
    """Raises the verdict. The way out did so already, where the call went through it."""
    if error := verdict(response):
        raise error
    response.raise_for_status()
    data = _decode(response.content).data
    if not isinstance(data, dict):
        raise Refused("an answer whose data is no object")
    return data


def _wait(answer: Answer, at_least: float = 0) -> float:
    cost = answer.extensions.cost if answer.extensions else None
    if not cost or not cost.throttle_status or cost.throttle_status.restore_rate <= 0:
        return 0.0
    throttle = cost.throttle_status
    wanted = max(cost.requested_query_cost or 0, min(at_least, throttle.maximum_available))
    return max(0.0, (wanted - throttle.currently_available) / throttle.restore_rate)


def _lost(words: str, reads: bool) -> HubError:
    return TryLater(words) if reads else Unknown(words)
