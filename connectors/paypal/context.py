"""What the readers of all PayPal resources share: where it stands, whose it is, how new it is."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from connectors.paypal.decode import moment
from connectors.paypal.settings import OrderReference, PayPalSettings
from connectors.paypal.shapes import Link, RelatedIds, Transaction
from connectors.processors.versions import SECOND
from hub.connector import Reading
from hub.domain.ids import ORDER_ID
from hub.domain.records import Kind, Source, vendor_key

VENDOR = "paypal"

# Resources by the path of their own link: v2 writes plurals, v1 singulars.
_PATHS = (
    (re.compile(r"/v2/checkout/orders/([A-Za-z0-9-]+)$", re.ASCII), "order"),
    (re.compile(r"/v[12]/payments/authorizations?/([A-Za-z0-9-]+)$", re.ASCII), "authorization"),
    (re.compile(r"/v[12]/payments/captures?/([A-Za-z0-9-]+)$", re.ASCII), "capture"),
    (re.compile(r"/v[12]/payments/refunds?/([A-Za-z0-9-]+)$", re.ASCII), "refund"),
    (re.compile(r"/v1/payments/sale/([A-Za-z0-9-]+)$", re.ASCII), "sale"),
    (re.compile(r"/v1/payments/payment/([A-Za-z0-9-]+)$", re.ASCII), "payment"),
    (re.compile(r"/v1/customer/disputes/([A-Za-z0-9-]+)$", re.ASCII), "dispute"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    reading: Reading
    path: str = ""  # where in the body the resource stands
    order: str = ""  # the PayPal order that it stands in; its siblings are then before us as well

    @property
    def settings(self) -> PayPalSettings:
        found: PayPalSettings = self.reading.settings
        return found

    def inside(self, path: str, order: str = "") -> "Context":
        return replace(self, path=f"{self.path}.{path}" if self.path else path, order=order or self.order)

    def source(self, kind: Kind, external_id: str) -> Source:
        return Source(self.reading.connection, kind, external_id)

    def page(self, path: str) -> str:
        """Of PayPal's own site, for people."""
        host = "www.sandbox.paypal.com" if self.settings.is_test else "www.paypal.com"
        return f"https://{host}/{path}"

    def claims(
        self, ids: Iterable[str], custom: Iterable[str | None], invoices: Iterable[str | None]
    ) -> tuple[str, ...]:
        """Identity keys: PayPal's ids, our order ids that stand in the references, and the store's that they name."""
        keys = [vendor_key(VENDOR, each) for each in ids if each]
        said = {
            "custom_id": [each.strip() for each in custom if each],
            "invoice_id": [each.strip() for each in invoices if each],
        }
        for values in said.values():
            keys += [ours for each in values if ORDER_ID.fullmatch(ours := each.split(",")[0])]
        store: OrderReference | None = self.settings.order_reference
        if store:
            named = [each for each in said[store.field] if "," not in each and not ORDER_ID.fullmatch(each)]
            keys += [Source(store.connection, Kind.ORDER, each).key for each in named if each]
        return tuple(dict.fromkeys(keys))


def version(at: datetime, rank: int) -> int:
    """Tellings of one second are told apart by how far the thing has come: `rank`, under a million."""
    return int(at.timestamp()) * SECOND + rank


def times(shape: Transaction, path: str) -> tuple[datetime, datetime]:
    """Created, and last changed."""
    created = moment(shape.create_time, path, "create_time")
    return created, max(created, moment(shape.update_time, path, "update_time")) if shape.update_time else created


def by_link(href: str) -> tuple[str, str]:
    """(kind, id) of the resource that a link names; ("", "") for others."""
    path = href.split("?")[0]
    for pattern, kind in _PATHS:
        if found := pattern.search(path):
            return kind, found[1]
    return "", ""


def linked(links: list[Link] | None, *rels: str) -> dict[str, str]:
    """Ids by kind, of the links with these relations."""
    found = [by_link(link.href) for link in links or [] if link.rel in rels]
    return {kind: external_id for kind, external_id in found if kind}


def related(shape: Transaction, context: Context) -> RelatedIds:
    """The order, authorization and capture that it belongs to: PayPal says so in one of two places, or not at all."""
    told = (shape.supplementary_data and shape.supplementary_data.related_ids) or RelatedIds()
    up = linked(shape.links, "up", "capture", "sale", "authorization")
    return RelatedIds(
        order_id=told.order_id or up.get("order") or context.order,
        authorization_id=told.authorization_id or up.get("authorization") or "",
        capture_id=told.capture_id or shape.capture_id or up.get("capture") or shape.sale_id or up.get("sale") or "",
    )
