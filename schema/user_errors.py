"""Failures that a client can act on are data in the payload; this is the one place that translates them."""

from collections.abc import Sequence
from enum import Enum

import strawberry

from hub.domain.errors import HubError, KeyReused, Missing, Refused, StaleVersion, TryLater


@strawberry.enum(description="Values may be added.")
class UserErrorCode(Enum):
    INVALID = "invalid"
    NOT_FOUND = "not_found"
    STALE_VERSION = "stale_version"
    NOT_ALLOWED_IN_STATE = "not_allowed_in_state"
    IDEMPOTENCY_KEY_REUSED = "idempotency_key_reused"
    TRY_LATER = "try_later"


@strawberry.type(description="An expected failure that the caller can show or repair.")
class UserError:
    code: UserErrorCode
    message: str
    path: list[str] | None = strawberry.field(name="field", description="The path into the arguments.")


class Declined(Refused):
    """Refused by the window, with the place in the input that should be changed."""

    def __init__(self, code: UserErrorCode, message: str, *path: str) -> None:
        super().__init__(message)
        self.code = code
        self.path = path


def invalid(message: str, *path: str) -> Declined:
    return Declined(UserErrorCode.INVALID, message, *path)


def not_found(message: str, *path: str) -> Declined:
    return Declined(UserErrorCode.NOT_FOUND, message, *path)


def not_now(message: str, *path: str) -> Declined:
    return Declined(UserErrorCode.NOT_ALLOWED_IN_STATE, message, *path)


def user_error(error: HubError) -> UserError:
    """Whatever is not for clients (credentials, settings, a lost answer) is raised again, to be masked and logged."""
    code, path = _meaning(error)
    return UserError(code=code, message=str(error), path=["input", *path] if path else None)


def _meaning(error: HubError) -> tuple[UserErrorCode, Sequence[str]]:
    match error:
        case Declined(code=code, path=path):
            return code, path
        case KeyReused():
            return UserErrorCode.IDEMPOTENCY_KEY_REUSED, ("idempotencyKey",)
        case StaleVersion():
            return UserErrorCode.STALE_VERSION, ("expectedVersion",)
        case Missing():
            return UserErrorCode.NOT_FOUND, ()
        case Refused():
            return UserErrorCode.NOT_ALLOWED_IN_STATE, ()
        case TryLater():
            return UserErrorCode.TRY_LATER, ()
    raise error
