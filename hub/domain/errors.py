"""Errors, named by what to do next."""

from datetime import timedelta


class HubError(Exception):
    """Raised on purpose. The class says what to do; the message says what happened."""


class TryLater(HubError):
    """Nothing happened; it may work next time."""

    def __init__(self, message: str, *, after: timedelta = timedelta()) -> None:
        super().__init__(message)
        self.after = after


class Unknown(HubError):
    """A write whose answer was lost. Ask the vendor before anything else."""


class Refused(HubError):
    """Understood and declined. Show a person; never repeat unchanged."""


class Missing(Refused):
    """The vendor says that there is no such thing (404, 410)."""


class Unknowable(Refused):
    """Whether a write happened, nobody can be asked. A person looks; if they have it retried, it is sent again."""


class KeyReused(Refused):
    """An idempotency key came again with another input. Take a new key for a new wish."""


class StaleVersion(Refused):
    """The order changed since the caller looked at it. Read it again, then decide again."""


class NeedsAttention(HubError):
    """Credentials or settings are wrong. Pause the connection; lose nothing."""


class Forged(HubError):
    """Not signed by them. Answer 401 and keep nothing."""


class Unreadable(HubError):
    """Signed, but not what we know. Park it with the path of the fault."""


class TooLarge(HubError):
    """More bytes than we take. Answer 413 and keep nothing."""


class Malformed(HubError):
    """Not even the form that was asked for (encoding, JSON). Answer 400 and keep nothing."""


class Misconfigured(HubError):
    """`hub.toml` is wrong: do not start. One line per problem."""
