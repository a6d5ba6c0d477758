"""The way out of the house: clients whose every answer is good, or one of `hub.domain.errors`."""
