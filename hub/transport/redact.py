"""What may be seen of what a vendor says: none of our credentials."""

import base64
import re
from collections import deque
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import quote, quote_plus

from pydantic import BaseModel, SecretStr

HIDDEN = "[hidden]"
_SHORTEST = 6  # hiding "a" wherever it stands would say more than it hides
_REMEMBERED = 32  # learnt secrets: tokens are replaced every hour, for years

_BEARER = re.compile(r"\b(Bearer|Basic)\s+[A-Za-z0-9._~+/=-]{6,}", re.IGNORECASE)


class Redactor:
    """Hides what it knows to be secret, also where a vendor echoes it in another spelling."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._always = tuple(secrets)
        self._learnt: deque[str] = deque(maxlen=_REMEMBERED)
        self._pattern: re.Pattern[str] | None = None
        self.learn()

    def learn(self, *secrets: str) -> None:
        """Secrets that came later, such as tokens: the newest are remembered."""
        self._learnt.extend(secrets)
        words = {spelling for secret in (*self._always, *self._learnt) for spelling in _spellings(secret)}
        longest_first = sorted(words, key=lambda word: (-len(word), word))
        self._pattern = re.compile("|".join(map(re.escape, longest_first))) if longest_first else None

    def __call__(self, text: str) -> str:
        if self._pattern is not None:
            text = self._pattern.sub(HIDDEN, text)
        return _BEARER.sub(rf"\1 {HIDDEN}", text)

    def __repr__(self) -> str:
        return f"Redactor({len(self._always) + len(self._learnt)} secrets)"


def _spellings(secret: str) -> Iterable[str]:
    for word in (secret, secret.partition(" ")[2]):  # "Bearer abc": also "abc" alone
        if len(word) >= _SHORTEST:
            yield from (word, quote(word, safe=""), quote_plus(word))
            yield base64.b64encode(word.encode()).decode().rstrip("=")


def secrets_of(settings: Any) -> list[str]:
    """Every `SecretStr` in a settings model, however deep."""
    match settings:
        case SecretStr():
            return [settings.get_secret_value()]
        case BaseModel():
            return [secret for value in settings.__dict__.values() for secret in secrets_of(value)]
        case Mapping():
            return [secret for value in settings.values() for secret in secrets_of(value)]
        case list() | tuple() | set() | frozenset():
            return [secret for value in settings for secret in secrets_of(value)]
        case _:
            return []
