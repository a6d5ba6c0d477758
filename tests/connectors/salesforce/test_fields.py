from connectors.salesforce.client import quoted
from connectors.salesforce.fields import addressed, contact_key, named, selected, short_name
from connectors.salesforce.sandbox_org import full_id
from connectors.salesforce.sandbox_soql import parse
from hub.domain.records import Address
from tests.connectors.salesforce.org import settings

HOME = Address(line1="1 Main St", line2="Apt 2", city="Austin", region="TX", postal_code="78701", country="US")


def test_a_text_cannot_leave_its_quotes() -> None:
    for text in ("'", "\\", "\\'", "a' OR Id != '", "\n\r\t\b\f", "\\' OR Id != null --", "é\U0001f600", "%_"):
        query = parse(f"SELECT Id FROM Contact WHERE Id = {quoted(text)}")

        assert query.where({"Id": text}) and not query.where({"Id": "x"}), text


def test_an_address_is_one_person_however_it_is_written_and_stands_in_no_key() -> None:
    assert contact_key("Ada@Example.com", "cus_a") == contact_key("ada@example.com", "cus_b")
    assert contact_key("ada@example.com", "") != contact_key("ida@example.com", "")
    assert contact_key("", "cus_a") == "cus_a"
    assert contact_key("ada@example.com", "").isascii() and "@" not in contact_key("ada@example.com", "")


def test_an_org_with_picklists_gets_codes_and_one_without_gets_text() -> None:
    free, listed = addressed(HOME, settings()), addressed(HOME, settings(picklist_addresses=True))

    assert (free["MailingCountry"], free["MailingState"]) == ("US", "TX")
    assert (listed["MailingCountryCode"], listed["MailingStateCode"]) == ("US", "TX")
    assert "MailingCountry" not in listed and "MailingState" not in listed


def test_a_region_that_is_no_code_is_told_by_its_name_and_an_empty_one_not_at_all() -> None:
    listed = settings(picklist_addresses=True)

    assert addressed(Address(region="Texas", country="US"), listed)["MailingState"] == "Texas"
    assert addressed(Address(city="Paris"), listed) == {"MailingCity": "Paris"}


def test_a_field_is_asked_for_only_where_the_org_has_it() -> None:
    assert "MailingCountryCode" not in selected("Contact", settings())
    assert "MailingCountryCode" in selected("Contact", settings(picklist_addresses=True))
    assert "CurrencyIsoCode" not in selected("Opportunity", settings())
    assert "CurrencyIsoCode" in selected("Opportunity", settings(multicurrency=True))


def test_a_name_of_one_word_is_a_family_name_and_a_long_one_is_cut() -> None:
    assert named("Plato") == {"FirstName": None, "LastName": "Plato"}
    assert named("Ada King Lovelace") == {"FirstName": "Ada King", "LastName": "Lovelace"}
    assert short_name(" A  B ") == "A B"
    assert short_name(short_name("a" * 60 + " " + "b" * 100)) == "a" * 40 + " " + "b" * 80


def test_the_sandboxs_ids_end_as_salesforces_do() -> None:
    assert full_id("00K", 1) == "00K5e0000000001EAA"
