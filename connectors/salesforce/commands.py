"""What Salesforce can be asked to do: a deal is an opportunity."""

from dataclasses import dataclass

from connectors.crm import commands as crm
from connectors.crm.commands import Person, SaveContact, UpdateContact, UpdateDeal

__all__ = ["CreateDeal", "Person", "SaveContact", "UpdateContact", "UpdateDeal"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateDeal(crm.CreateDeal):
    closes_on: str  # YYYY-MM-DD: when the order was placed
