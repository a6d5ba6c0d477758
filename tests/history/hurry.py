"""Waits of a production hub, cut short: what takes a minute there takes a second here. What happens is the same."""

from datetime import timedelta
from types import ModuleType
from typing import Any

import hub.pipeline.deliver
import hub.pipeline.pull
import hub.pipeline.work

SILENCE = 3.0  # seconds after which a worker that shows no sign of life is taken for dead


def all_waits() -> None:
    lease = timedelta(seconds=SILENCE + 5)
    hand_in(hub.pipeline.work, _POLL=0.5, _SORRY=0.2)
    hand_in(hub.pipeline.deliver, LEASE=lease, HANDOVER=timedelta(seconds=1))
    hand_in(hub.pipeline.pull, LEASE=lease)


def hand_in(module: ModuleType, **values: Any) -> None:
    """Puts values in the place of a module's own, which have to be there."""
    for name, value in values.items():
        assert hasattr(module, name), f"{module.__name__} has no {name}"
        setattr(module, name, value)
