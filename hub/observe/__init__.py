"""What the hub tells of itself: log lines and metrics."""

from hub.observe.logs import set_up

__all__ = ["set_up"]
