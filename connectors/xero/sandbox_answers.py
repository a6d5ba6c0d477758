"""What the sandbox answers with: faults, refused objects, and the organisation's own settings."""

import json
from collections.abc import Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec

from connectors.xero.sandbox_books import ACCOUNTS, IDS, RATES, Json

ENCODER = msgspec.json.Encoder(decimal_format="number")


def settings_of(tenant: str, currencies: Sequence[str]) -> dict[str, list[Json]]:
    organisation = {"Name": "Sandbox Company", "BaseCurrency": currencies[0], "OrganisationID": tenant}
    accounts = [
        {"AccountID": str(UUID(int=1000 + int(code))), "Code": code, "Name": name, "Type": kind, "Status": "ACTIVE"}
        for code, (name, kind) in ACCOUNTS.items()
    ]
    rates = [{"Name": kind, "TaxType": kind, "Status": "ACTIVE", "EffectiveRate": rate} for kind, rate in RATES.items()]
    named = [{"Code": code, "Description": code} for code in currencies]
    return {"Organisation": [organisation], "Accounts": accounts, "TaxRates": rates, "Currencies": named}


def one_line(amount: str) -> list[Json]:
    return [{"Description": "By hand", "Quantity": 1, "UnitAmount": Decimal(amount), "AccountCode": "200"}]


def refused(message: str, element: Json) -> Json:
    kept = {name: value for name, value in element.items() if name in (*IDS.values(), "Name", "Type", "Reference")}
    flags = {"HasErrors": True} if "Type" in element else {"HasValidationErrors": True}
    return {**kept, **flags, "StatusAttributeString": "ERROR", "ValidationErrors": [{"Message": message}]}


def fault(message: str, number: int = 14, type: str = "PostDataInvalidException", elements: Any = ()) -> bytes:
    said: Json = {"ErrorNumber": number, "Type": type, "Message": message}
    return ENCODER.encode(said | ({"Elements": list(elements)} if elements else {}))


def plain(each: Json) -> Json:
    """For JSON without decimals: amounts as text."""
    found: Json = json.loads(json.dumps(each, default=str))
    return found
