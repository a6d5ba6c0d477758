"""HubSpot's JSON, as far as we read it. Ids are digits, as text in the object API and as numbers elsewhere."""

import msgspec

Properties = dict[str, str | None]


class Ref(msgspec.Struct):
    id: str | int


class Refs(msgspec.Struct):
    results: list[Ref] = []


class Thing(msgspec.Struct, rename="camel"):
    """A contact or deal of `/crm/v3/objects`."""

    id: str
    properties: Properties
    created_at: str
    updated_at: str
    archived: bool = False
    associations: dict[str, Refs] | None = None
    url: str | None = None


class Next(msgspec.Struct):
    after: str


class Paging(msgspec.Struct):
    next: Next | None = None


class Things(msgspec.Struct):
    """A page of a list or a search, or the answer to a batch."""

    results: list[msgspec.Raw]
    paging: Paging | None = None


class Problem(msgspec.Struct, rename="camel"):
    """An error: the whole of a refused call's answer, or one of a batch. Every member may be absent."""

    message: str = ""
    category: str | None = None
    sub_category: msgspec.Raw | None = None
    policy_name: str | None = None
    correlation_id: str | None = None


class Batch(msgspec.Struct):
    results: list[msgspec.Raw] = []
    errors: list[Problem] = []


class To(msgspec.Struct, rename="camel"):
    to_object_id: str | int


class Associated(msgspec.Struct):
    """From one object of a batch read of `/crm/v4/associations`."""

    from_: Ref = msgspec.field(name="from")
    to: list[To] = []


class Notice(msgspec.Struct, rename="camel"):
    """One item of a webhook. Which members there are depends on the type; more come with time."""

    portal_id: int
    subscription_type: str
    occurred_at: int  # milliseconds of Unix time
    object_id: int | None = None
    object_type_id: str | None = None
    primary_object_id: int | None = None
    merged_object_ids: list[int] | None = None
    new_object_id: int | None = None
    from_object_id: int | None = None
    to_object_id: int | None = None
    association_type: str | None = None
