"""What tracking says of a parcel: two letters for all carriers, and a detail code behind them where there is one.

"AC" alone is no sign that a parcel moves: carriers say it of a label whose data they have. "EX" is all from a delay to
a loss; only the detail tells, and there is no code of its own for a return to the sender.
"""

from connectors.shipengine.shapes import Tracking
from hub.domain.records import ShipmentStatus

NOT_YET = "NY"

_BY_CODE = {
    NOT_YET: ShipmentStatus.PENDING,
    "AC": ShipmentStatus.PENDING,
    "IT": ShipmentStatus.IN_TRANSIT,
    "AT": ShipmentStatus.IN_TRANSIT,
    "SP": ShipmentStatus.IN_TRANSIT,  # waits at a shop or locker until somebody collects it
    "DE": ShipmentStatus.DELIVERED,
    "EX": ShipmentStatus.FAILED,
}
# "AC" with one of these: the carrier has the parcel itself.
_TAKEN = {
    *("DROPPED_OFF", "PICKED_UP", "RECEIVED_BY_CARRIER", "RECD_BY_CARRIER_NO_ELEC_ADVICE", "HUB_SCAN_IN"),
    *("HUB_SCAN_OUT", "HUB_PROCESSING", "IN_TRANSIT", "SUB_CONTRACTOR_RECEIVED", "RECEIVED_LOCAL_DELIVERY_DEPOT"),
    "OUT_FOR_DELIVERY",
}
_RETURNED = {"RETURN_TO_SENDER", "UNDELIVERABLE_RETURNED_TO_SENDER"}
# "EX" with one of these: late, held or asked about, and still on its way.
_DELAYED = {
    *("ADDRESS_QUERY", "CARRIER_DELAYS", "DELAYED_NOT_CARRIER", "HELD_BY_CARRIER", "HELD_BY_CUSTOMS", "MISROUTED"),
    *("HELD_BY_CARRIER_FOR_CLEARANCE_PRE_PROCESSING", "INCORRECT_DECLARATION", "PARCEL_REPACKED", "DUTY_NOT_PAID"),
    *("COD_AMOUNT_NOT_PAID", "CUSTOMER_IDENTIFICATION_FAILED", "NO_ACCESS_TO_RECIPIENTS_ADDRESS"),
    *("PARCEL_REDIRECTED_BY_CARRIER", "DELIVERY_RESCHEDULED", "ATTEMPTED_DELIVERY"),
}
_BACK = ("return to sender", "returned to sender", "returning to sender", "returned to shipper", "return to shipper")


def status_of(said: Tracking) -> ShipmentStatus | None:
    """`None`: "UN", and codes that we do not know yet, say nothing of where it is; what was known stands."""
    status, detail = _BY_CODE.get(said.status_code), said.status_detail_code or ""
    if detail in _RETURNED:
        return ShipmentStatus.RETURNED
    if said.status_code == "AC" and detail in _TAKEN:
        return ShipmentStatus.IN_TRANSIT
    if said.status_code == "EX" and not detail:
        words = " ".join(
            text.casefold()
            for text in (said.exception_description, said.carrier_status_description, said.status_description)
            if text
        )
        return ShipmentStatus.RETURNED if any(phrase in words for phrase in _BACK) else status
    return ShipmentStatus.IN_TRANSIT if said.status_code == "EX" and detail in _DELAYED else status
