"""What can be asked of the hub: one input, and a payload that says what is wrong as data."""

import strawberry

from schema.mutations.endpoints import (
    WebhookEndpointReplayPayload,
    WebhookEndpointResumePayload,
    webhook_endpoint_replay,
    webhook_endpoint_resume,
)
from schema.mutations.order_actions import (
    HoldReleasePayload,
    OrderCancelPayload,
    RefundCreatePayload,
    hold_release,
    order_cancel,
    refund_create,
)
from schema.mutations.order_create import OrderCreatePayload, order_create
from schema.mutations.work import (
    CommandRetryPayload,
    ConnectionPausePayload,
    ConnectionResumePayload,
    EventReplayPayload,
    command_retry,
    connection_pause,
    connection_resume,
    event_replay,
)


@strawberry.type
class Mutation:
    order_create: OrderCreatePayload = strawberry.mutation(resolver=order_create)
    order_cancel: OrderCancelPayload = strawberry.mutation(
        resolver=order_cancel,
        description="Asks every system to cancel; money that was captured stays: see refundCreate.",
    )
    refund_create: RefundCreatePayload = strawberry.mutation(
        resolver=refund_create, description="Asks for money to be given back; the order tells when it is."
    )
    hold_release: HoldReleasePayload = strawberry.mutation(
        resolver=hold_release, description="A person lets the order go on, in spite of this reason."
    )
    event_replay: EventReplayPayload = strawberry.mutation(
        resolver=event_replay, description="Reads a kept event again: after a fix."
    )
    command_retry: CommandRetryPayload = strawberry.mutation(
        resolver=command_retry, description="Lets a parked command try again, with the same idempotency key."
    )
    connection_pause: ConnectionPausePayload = strawberry.mutation(
        resolver=connection_pause,
        description="Stops calls to a vendor until a person resumes them, whatever its settings. Needs `admin`.",
    )
    connection_resume: ConnectionResumePayload = strawberry.mutation(
        resolver=connection_resume, description="Ends a pause, once its reason is gone. Needs `admin`."
    )
    webhook_endpoint_replay: WebhookEndpointReplayPayload = strawberry.mutation(
        resolver=webhook_endpoint_replay, description="Tells an endpoint once more of everything behind a cursor."
    )
    webhook_endpoint_resume: WebhookEndpointResumePayload = strawberry.mutation(
        resolver=webhook_endpoint_resume, description="Lets an endpoint that failed or was given up go on."
    )
