"""The conformance kit: one suite of scenarios that every connector passes, run on its card alone."""
