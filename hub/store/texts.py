"""Texts as both databases can keep them."""


def storable(words: str) -> str:
    """A fault may quote its input: PostgreSQL takes no NUL, and neither database half a surrogate pair."""
    return words.encode("utf-8", "replace").decode().replace("\0", "\ufffd")[:2000]
