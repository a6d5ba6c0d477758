"""How tellings of one second are told apart, where a vendor's clock has no smaller unit."""

SECOND = 1_000_000  # versions within one second


def share(part: int, whole: int, steps: int = 9_999) -> int:
    """How much of the whole, as 0 … `steps`: equal for equal amounts, growing with the part."""
    return min(max(part, 0) * steps // whole, steps) if whole > 0 else 0
