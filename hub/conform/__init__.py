"""The conformance kit: one suite of scenarios that every connector passes, run on its card alone.

`run` holds one connector to it; `scenarios` lists them. The kit brings its own hub in this process, with a clock that
it moves itself, the connector's sandbox at the far end, and a till that takes orders.
"""

from hub.conform.result import Outcome, Report, Result
from hub.conform.run import SCENARIOS, run

__all__ = ["SCENARIOS", "Outcome", "Report", "Result", "run"]
