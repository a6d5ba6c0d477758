"""Waits of a production hub, cut short: what takes a minute there takes a second here. What happens is the same."""

import importlib
import importlib.util
from datetime import timedelta
from types import ModuleType
from typing import Any

SILENCE = 6.0  # seconds after which a worker that shows no sign of life is taken for dead


def all_waits() -> None:
    hand_in(importlib.import_module("hub.pipeline.work"), _POLL=0.5, _SORRY=0.2)
    if importlib.util.find_spec("hub.pipeline.pulse") is not None:
        pulse = importlib.import_module("hub.pipeline.pulse")
        hand_in(pulse, BEAT=1.0, DEAD=SILENCE, HANDOVER=1.0, _GAP=3.0, _PATIENCE=3.0, _SORRY=0.2)
        hand_in(importlib.import_module("hub.pipeline.clocks"), EVERY=1.0)
    else:
        lease = timedelta(seconds=SILENCE + 2)
        hand_in(importlib.import_module("hub.pipeline.deliver"), LEASE=lease, HANDOVER=timedelta(seconds=1))
        hand_in(importlib.import_module("hub.pipeline.pull"), LEASE=lease)


def hand_in(module: ModuleType, **values: Any) -> None:
    """Puts values in the place of a module's own, which have to be there."""
    for name, value in values.items():
        assert hasattr(module, name), f"{module.__name__} has no {name}"
        setattr(module, name, value)
