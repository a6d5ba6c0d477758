"""Ids are the hub's own: the prefix says what they name, which is all that a client may read in them."""

from typing import Any

import strawberry

from schema.context import Info


@strawberry.interface(description="Something with an id that is unique over all types.")
class Node:
    id: strawberry.ID


async def node(info: Info, id: strawberry.ID) -> Any:
    """`null` for whatever is not an id of something that the hub has: old links and junk alike."""
    loaders = info.context.loaders
    match id.partition("_")[0]:
        case "ord":
            return await loaders.orders.load(id)
        case "cus":
            return await loaders.customers.load(id)
        case "evt":
            return await loaders.events.load(id)
        case "cmd":
            return await loaders.commands.load(id)
    return None
