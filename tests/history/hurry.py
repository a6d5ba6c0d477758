"""Waits of a production hub, cut short: what takes a minute there takes a second here. What happens is the same."""

from types import ModuleType
from typing import Any

from hub.pipeline import clocks, lanes, pulse, work

SILENCE = 6.0  # seconds after which a worker that shows no sign of life is taken for dead


def all_waits() -> None:
    hand_in(work, _POLL=0.5, _SORRY=0.2)
    hand_in(lanes, POLL=0.5, _SORRY=0.2)
    hand_in(pulse, BEAT=1.0, DEAD=SILENCE, HANDOVER=1.0, _GAP=3.0, _PATIENCE=3.0, _SORRY=0.2)
    hand_in(clocks, EVERY=1.0)


def hand_in(module: ModuleType, **values: Any) -> None:
    """Puts values in the place of a module's own, which have to be there."""
    for name, value in values.items():
        assert hasattr(module, name), f"{module.__name__} has no {name}"
        setattr(module, name, value)
