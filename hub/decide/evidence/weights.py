"""What each level of each comparison weighs, in bits: log2 of how much more often it is met in one and the same.

Shipped defaults, by judgement over several registers of persons and firms; `hub identity learn` fits them to one's own
records. A comparison that cannot be made, since a side says nothing, weighs nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

Table = Mapping[str, Mapping[str, float]]

DEFAULT: Table = {
    "prior": {"persons": -7.5, "others": -10.0},  # before anything is compared: how rarely two candidates are one
    "given": {
        "exact": 5.5,
        "alias": 4.0,
        "near": 4.5,
        "middle": 2.5,
        "part": 2.5,
        "initial": 1.0,
        "like": 1.0,
        "conflict": -5.0,
    },
    "family": {"exact": 6.5, "alias": 4.0, "near": 5.5, "part": 3.5, "initial": 1.0, "like": 1.5, "conflict": -5.0},
    "order": {"turned": -1.5},
    "words": {"exact": 9.0, "most": 6.5, "some": 3.0, "little": 0.0, "conflict": -3.5},
    "company": {"exact": 4.0, "most": 3.0, "some": 1.0, "little": 0.0, "conflict": -1.0},
    "email": {"exact": 11.0, "near": 8.0, "mailbox": 5.0, "shared": 4.0, "conflict": -2.0},
    "phone": {"exact": 8.0, "near": 2.5, "conflict": -1.5},
    "door": {"exact": 8.5, "near": 6.0, "unit": 5.0, "number": 3.0, "street": 2.0, "conflict": -2.5},
    "site": {"exact": 9.5, "near": 4.0, "unit": 4.0, "number": 2.0, "street": -2.0, "conflict": -6.0},
    "place": {"exact": 4.0, "near": 2.5, "city": 2.0, "state": 1.0, "beside": 0.5, "around": 2.0, "conflict": -2.0},
    "born": {"exact": 10.0, "near": 5.5, "apart": 3.0, "year": 2.5, "unsure": 0.5, "conflict": -5.0},
    "tax_id": {"exact": 6.0, "near": 2.0, "conflict": -6.0},
    "national_id": {"exact": 13.0, "near": 6.0, "conflict": -3.5},
    "plain": {"exact": 1.5, "near": 1.0, "some": 0.5, "conflict": -0.7},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights:
    bits: Table
    version: str = "shipped"

    def with_bits(self, table: Table, version: str) -> "Weights":
        return replace(
            self,
            bits={field: {**levels, **table.get(field, {})} for field, levels in self.bits.items()},
            version=version,
        )


SHIPPED = Weights(bits=DEFAULT)
