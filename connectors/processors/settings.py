"""Keys that the connections of processors share."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field


class OrderReference(BaseModel):
    """Where a payment says which order of a store it pays: that order's id, never its number (numbers repeat)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    connection: Annotated[str, Field(min_length=1)]  # the store's connection
