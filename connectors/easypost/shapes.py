"""EasyPost's objects, only what we read of them, in its words (docs.easypost.com/docs: shipments, trackers…)."""

import msgspec


class Detail(msgspec.Struct, frozen=True):
    """One scan. Its time is the carrier's: where the place is not known well enough, it is UTC without saying so."""

    status: str | None = None
    datetime: str | None = None


class Tracker(msgspec.Struct, frozen=True):
    id: str
    created_at: str
    updated_at: str
    mode: str = ""
    tracking_code: str | None = None
    status: str | None = None
    shipment_id: str | None = None
    carrier: str | None = None
    tracking_details: list[Detail] | None = None
    is_return: bool | None = None
    public_url: str | None = None


class Rate(msgspec.Struct, frozen=True):
    id: str = ""
    carrier: str | None = None
    service: str | None = None
    rate: str | None = None
    currency: str | None = None
    delivery_days: int | None = None


class Rates(msgspec.Struct, frozen=True):
    rates: list[Rate] = []


class PostageLabel(msgspec.Struct, frozen=True):
    label_url: str | None = None


class Message(msgspec.Struct, frozen=True):
    """Why a carrier offers no rate, in its words. Carriers send more than texts here."""

    carrier: str | None = None
    message: msgspec.Raw = msgspec.Raw(b'""')


class Place(msgspec.Struct, frozen=True):
    name: str | None = None
    company: str | None = None
    street1: str | None = None
    street2: str | None = None
    city: str | None = None
    state: str | None = None
    zip: str | None = None
    country: str | None = None


class Measures(msgspec.Struct, frozen=True):
    weight: float | None = None


class Shipment(msgspec.Struct, frozen=True):
    id: str
    created_at: str
    updated_at: str
    mode: str = ""
    reference: str | None = None
    is_return: bool | None = None
    tracking_code: str | None = None
    refund_status: str | None = None
    to_address: Place | None = None
    parcel: Measures | None = None
    postage_label: PostageLabel | None = None
    selected_rate: Rate | None = None
    rates: list[Rate] | None = None
    messages: list[Message] | None = None
    tracker: Tracker | None = None

    @property
    def is_bought(self) -> bool:
        """A label makes a parcel: before that a shipment is a question about prices."""
        return self.postage_label is not None


class Refund(msgspec.Struct, frozen=True):
    id: str
    shipment_id: str | None = None


class WebhookEvent(msgspec.Struct, frozen=True):
    id: str
    description: str
    mode: str = ""
    result: msgspec.Raw = msgspec.Raw(b"null")


class Listed(msgspec.Struct, frozen=True):
    """A page of one of the two collections."""

    shipments: list[msgspec.Raw] = []
    trackers: list[msgspec.Raw] = []
    has_more: bool = False

    @property
    def items(self) -> list[msgspec.Raw]:
        return self.shipments or self.trackers


class CustomHeader(msgspec.Struct, frozen=True):
    name: str
    value: str


class Hook(msgspec.Struct, frozen=True):
    id: str
    url: str
    mode: str = ""
    disabled_at: str | None = None
    custom_headers: list[CustomHeader] = []


class Hooks(msgspec.Struct, frozen=True):
    webhooks: list[Hook]
