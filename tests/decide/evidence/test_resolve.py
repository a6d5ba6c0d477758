"""One record at a time: groups, bridges, ids that stay, and an order of arrival that does not matter."""

import random
from collections.abc import Sequence

import pytest

from hub.decide.evidence.batch import match
from hub.decide.evidence.cluster import FORBIDDEN, agreement, cluster
from hub.decide.evidence.keys import NEWEST, STOP
from hub.decide.evidence.learn import learn
from hub.decide.evidence.measure import measure
from hub.decide.evidence.memory import InMemory
from hub.decide.evidence.party import Party
from hub.decide.evidence.resolve import Decision, Resolver, Zone
from hub.decide.evidence.score import Score
from hub.decide.evidence.weights import SHIPPED
from tests.decide.evidence.people import parties, party, town


def resolved(records: Sequence[Party]) -> tuple[InMemory, list[Decision]]:
    memory = InMemory()
    resolver = Resolver(memory)
    return memory, [resolver.resolve(each) for each in records]


def test_a_bridge_does_not_join_two_firm_groups() -> None:
    ada = {"full_name": "Ada Kingsley", "email": "ada@post.net", "phone": "848 532 7294", "dob": "1990-04-05"}
    eda = {"full_name": "Edmund Kowal", "email": "ed@mail.io", "phone": "717 244 9981", "dob": "1955-11-23"}
    firm = [party(f"{name}{at}", **said) for at in range(3) for name, said in (("a", ada), ("e", eda))]
    bridge = party("z", full_name="", email="ada@post.net", phone="717 244 9981")

    memory, decisions = resolved([*firm, bridge])

    assert decisions[-1].rival == memory.groups(["e0"])["e0"]
    assert memory.groups(["a0"]) != {"a0": memory.groups(["e0"])["e0"]}
    assert len(set(memory.groups(["a0", "a1", "a2"]).values())) == 1
    assert len(set(memory.groups(["e0", "e1", "e2"]).values())) == 1


def test_a_household_stays_two_and_each_record_finds_its_own() -> None:
    home = {"address": "12 Mill Lane", "postcode": "10012", "phone": "848 532 7294", "last_name": "King"}
    records = [party(f"{name}{at}", first_name=name, **home) for at in range(4) for name in ("Ada", "Bela")]

    memory, _ = resolved(records)

    assert len(set(memory.groups([each.id for each in records]).values())) == 2


def test_nobody_like_it_is_distinct_and_almost_is_for_review() -> None:
    _, decisions = resolved(
        [
            party("a", full_name="Ada King", dob="1971-11-30"),
            party("b", full_name="Olga Farkas", city="York"),
            party("c", full_name="Ada King", dob="1990-04-05"),
        ]
    )

    assert decisions[0].zone is decisions[1].zone is Zone.DISTINCT
    assert (decisions[2].zone, decisions[2].rival, decisions[2].like) == (Zone.REVIEW, "a", "a")


def test_the_order_of_arrival_leaves_hardly_a_trace() -> None:
    rows, truth = town()
    figures = []
    for seed in range(5):
        people = parties(rows)
        random.Random(seed).shuffle(people)
        found = {each.record: each.cluster for each in match(people)}
        figures.append(measure(found, truth).pair_f1)

    assert min(figures) > 0.95
    assert max(figures) - min(figures) <= 0.003


def test_the_same_order_gives_the_same_bytes() -> None:
    people = parties(town()[0])

    assert repr(match(people)) == repr(match(people))


def test_what_may_belong_to_two_says_so_in_its_reason() -> None:
    ada = {"full_name": "Ada Kingsley", "email": "ada@post.net", "phone": "848 532 7294"}
    eda = {"full_name": "Edmund Kowal", "email": "ed@mail.io", "phone": "717 244 9981"}
    firm = [party(f"{name}{at}", **said) for at in range(3) for name, said in (("a", ada), ("e", eda))]

    found = match([*firm, party("z", full_name="", email="ada@post.net", phone="717 244 9981")])

    assert found[-1].cluster == "a0"
    assert found[-1].reason.endswith("review: may be with e0")


def test_a_group_keeps_its_id_and_says_who_moved() -> None:
    rows, _ = town()
    memory = InMemory()
    resolver = Resolver(memory)
    stands: dict[str, str] = {}

    for each in parties(rows):
        decision = resolver.resolve(each)
        for record, before, after in decision.moved:
            assert stands[record] == before
            stands[record] = after
        stands[decision.record] = decision.group

    assert stands == memory.groups(list(stands))


def test_a_million_of_one_phone_would_serve_only_the_newest() -> None:
    memory = InMemory()
    for at in range(STOP * 3):
        memory.remember(party(f"r{at}"), ["p:5327294"], [])

    assert memory.holders(["p:5327294"]) == [f"r{at}" for at in range(STOP * 3 - 1, STOP * 3 - 1 - NEWEST, -1)]


def test_a_record_that_says_nothing_is_alone() -> None:
    _, decisions = resolved([party("a"), party("b"), party("c", full_name="Ada King")])

    assert [each.group for each in decisions] == ["a", "b", "c"]


def test_the_second_look_moves_nothing_that_stands_well() -> None:
    memory, _ = resolved(parties(town()[0]))
    resolver = Resolver(memory)
    ids = sorted(each["record_id"] for each in town()[0])
    list(resolver.look_again(ids))
    before = memory.groups(ids)

    moved = [each.moved for each in resolver.look_again(ids) if each.moved]

    assert moved == []
    assert memory.groups(ids) == before


def test_over_a_third_of_forbidden_pairs_forbids_a_group() -> None:
    good, bad = Score(9.0, (("email", 9.0),)), Score(9.0, (("email", 9.0),), "names in conflict")

    assert agreement([good, good, good, bad]) == pytest.approx(9.0)
    assert agreement([good, bad]) == FORBIDDEN


def test_what_one_record_leaves_out_another_of_the_group_may_say() -> None:
    scores = [Score(-1.0, (("prior", -8.0), ("email", 7.0))), Score(-2.0, (("prior", -8.0), ("phone", 6.0)))]

    assert agreement(scores) == pytest.approx(5.0)


def test_clusters_do_not_depend_on_the_order_of_records() -> None:
    close = {("a", "b"): 5.0, ("c", "d"): 5.0, ("b", "c"): 1.0}

    def weigh(one: str, other: str) -> Score:
        bits = close.get((min(one, other), max(one, other)), -9.0)
        return Score(bits, (("email", bits),))

    found = [cluster(order, weigh, 0.0) for order in ("abcd", "dcba", "cadb")]

    assert found == [[["a", "b"], ["c", "d"]]] * 3


def test_too_few_to_learn_from_leaves_what_ships_and_enough_keep_the_sense_of_every_level() -> None:
    rows, truth = town(120)
    people = parties(rows)

    assert learn(people[:10]) is SHIPPED
    learned = learn(people)
    again = learn(people)

    assert learned == again
    assert learned.bits["email"]["exact"] > 5
    assert learned.bits["family"]["conflict"] < -2
    found = {each.record: each.cluster for each in match(people, learned)}
    assert measure(found, truth).pair_f1 > 0.97


def test_hundreds_of_one_record_are_one_group_and_do_not_cost_more_each() -> None:
    said = {"full_name": "Ada Kingsley", "email": "ada@post.net", "phone": "848 532 7294"}

    memory, decisions = resolved([party(f"r{at:03}", **said) for at in range(400)])
    resolver = Resolver(memory)

    assert {each.group for each in decisions} == {"r000"}
    assert [each.moved for each in resolver.look_again([f"r{at:03}" for at in range(400)]) if each.moved] == []


def test_a_crowd_is_joined_by_its_like_only() -> None:
    crowd = [party(f"a{at:02}", full_name="Ada Kingsley", phone="848 532 7294") for at in range(60)]

    memory, _ = resolved([*crowd, party("b", full_name="Bela Kingsley", phone="848 532 7294")])
    again = list(Resolver(memory).look_again(["b", "a59"]))

    assert memory.groups(["a00", "a59", "b"]) == {"a00": "a00", "a59": "a00", "b": "b"}
    assert [each.moved for each in again] == [(), ()]
