"""The demo: a hub, three vendors' stand-ins as servers of their own, and a day of three shops."""

from hub.demo.run import run

__all__ = ["run"]
