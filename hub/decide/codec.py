"""Golden things and records as JSON, the same bytes for the same value in every process."""

import hashlib
from typing import TypeVar

import msgspec

from hub.domain.commands import Command
from hub.domain.order import Customer, Order
from hub.domain.records import RECORDS, Kind, Record

_encoder = msgspec.json.Encoder(decimal_format="string")
_order = msgspec.json.Decoder(Order)
_customer = msgspec.json.Decoder(Customer)
_records = {kind: msgspec.json.Decoder(record) for kind, record in RECORDS.items()}
C = TypeVar("C", bound=Command)


def encode(value: Order | Customer | Record | Command) -> bytes:
    """Fields in the order of their class: dataclasses have one, so the bytes have too."""
    return _encoder.encode(value)


def decode_order(document: bytes) -> Order:
    return _order.decode(document)


def decode_customer(document: bytes) -> Customer:
    return _customer.decode(document)


def decode_record(kind: str, data: bytes) -> Record:
    return _records[Kind(kind)].decode(data)


def decode_command(command: type[C], content: bytes) -> C:
    return msgspec.json.decode(content, type=command)


def digest(data: bytes) -> str:
    """Short enough for a column, long enough that nobody makes two the same (160 bits of SHA-256)."""
    return hashlib.sha256(data).hexdigest()[:40]
