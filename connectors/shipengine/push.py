"""Labels given back, and labels for the way back."""

import msgspec

from connectors.shipengine import shapes
from connectors.shipengine.client import checked, label, label_event, labels
from connectors.shipengine.commands import CreateReturnLabel, VoidLabel
from connectors.shipengine.read import decode
from hub.connector import Account, Event
from hub.domain.errors import Refused
from hub.domain.ids import CommandId

_ALREADY = "label_already_voided"


async def void_label(account: Account, wish: VoidLabel, _id: CommandId) -> list[Event]:
    """A refusal comes as 200 with `approved: false` and the carrier's words."""
    answer = await account.http.put(f"/v1/labels/{checked(wish.target)}/void")
    said = decode(answer.content, shapes.VoidAnswer)
    if not said.approved and said.reason_code != _ALREADY:
        words = " ".join(part for part in (said.message, said.reason_code) if part)
        raise Refused(f"{wish.target} was not voided: {words or 'without a word'}"[:500])
    return [await label(account, wish.target)]


async def find_return_label(account: Account, wish: CreateReturnLabel, _id: CommandId) -> list[Event] | None:
    """The order's id is its RMA number. There is no search by that, but few labels are younger than the wish."""
    async for body in labels(account, created_at_start=wish.since):
        said = msgspec.json.decode(body, type=shapes.Label)
        if said.is_return_label and said.rma_number == wish.subject and not said.voided:
            return [label_event(body)]
    return None


async def create_return_label(account: Account, wish: CreateReturnLabel, _id: CommandId) -> list[Event]:
    body = {"rma_number": wish.subject, "label_format": account.settings.label_format, "label_layout": "4x6"}
    answer = await account.http.post(f"/v1/labels/{checked(wish.target)}/return", json=body)
    return [label_event(answer.content)]
