"""Our figures, by hand and beside the script that judges."""

import importlib.util

import pytest

from hub.decide.evidence.batch import match
from hub.decide.evidence.measure import measure
from tests.decide.evidence.people import parties, town
from tests.shared import shared


def test_nothing_found_has_no_recall_and_no_wrong_pair() -> None:
    figures = measure({}, {"a": "1", "b": "1", "c": "2"})

    assert (figures.pair_precision, figures.pair_recall, figures.pair_f1) == (1.0, 0.0, 0.0)
    assert figures.cluster_recall == 0.5


def test_all_in_one_has_all_recall() -> None:
    figures = measure(dict.fromkeys("abcd", "x"), {"a": "1", "b": "1", "c": "2", "d": "2"})

    assert figures.pair_precision == pytest.approx(2 / 6)
    assert figures.pair_recall == 1.0
    assert (figures.bcubed_precision, figures.bcubed_recall) == (0.5, 1.0)


def test_an_empty_truth_is_no_division_by_zero() -> None:
    assert measure({"a": "1"}, {}).pair_f1 == 1.0


def test_the_figures_are_those_of_the_judge() -> None:
    spec = importlib.util.spec_from_file_location("eval_clusters", shared("datasets", "eval_clusters.py"))
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    rows, truth = town(40)
    found = {each.record: each.cluster for each in match(parties(rows)[:-9])}

    ours, theirs = measure(found, truth), module.evaluate(found, truth)

    for name in (
        "pair_precision",
        "pair_recall",
        "pair_f1",
        "bcubed_precision",
        "bcubed_recall",
        "bcubed_f1",
        "cluster_f1",
    ):
        assert getattr(ours, name) == pytest.approx(theirs[name]), name
