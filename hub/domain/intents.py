"""What people and programs ask of the hub, and what they get."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class IntentKey:
    """An idempotency key, bound to its caller and operation, and the digest of the input that it came with."""

    key: str
    digest: str


@dataclass(frozen=True, slots=True)
class Intended:
    """`repeated`: the same key had come before with the same input; nothing was written, this is the first result."""

    order_id: str
    repeated: bool
