"""Intervals and tests against known values, and their coverage on simulated data."""

import random

import pytest

from cogitate.lab.statistics import (
    compare,
    holm,
    kappa,
    mcnemar,
    ordering,
    paired_bootstrap,
    wilson,
)


@pytest.mark.parametrize(
    ("successes", "cases", "low", "high"),
    [
        (15, 30, 0.3315, 0.6685),
        (50, 100, 0.4038, 0.5962),
        (200, 400, 0.4512, 0.5488),
        (0, 10, 0.0, 0.2775),
        (10, 10, 0.7225, 1.0),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_wilson_is_that_of_the_tables(successes, cases, low, high):
    assert wilson(successes, cases) == pytest.approx((low, high), abs=5e-5)


def test_without_cases_nothing_is_known():
    assert wilson(0, 0) == (0.0, 1.0)


def test_the_interval_of_wilson_holds_the_truth_as_often_as_it_says():
    draw, held, rounds = random.Random(1), 0, 0
    for share in (0.1, 0.3, 0.5, 0.8):
        for _ in range(1500):
            successes = sum(draw.random() < share for _ in range(100))
            low, high = wilson(successes, 100)
            held += low <= share <= high
            rounds += 1
    assert 0.93 <= held / rounds <= 0.97


def test_the_paired_bootstrap_holds_the_truth_as_often_as_it_says():
    # Known difference: both right 0.4, only A 0.1, only B 0.25, none 0.25: B - A = 0.15.
    draw, held, rounds = random.Random(3), 0, 400
    for round_ in range(rounds):
        differences = draw.choices([0.0, -1.0, 1.0], weights=[0.65, 0.10, 0.25], k=120)
        low, high = paired_bootstrap(differences, resamples=400, seed=round_)
        held += low <= 0.15 <= high
    assert 0.93 <= held / rounds <= 0.97


@pytest.mark.parametrize(
    ("b", "c", "p"), [(0, 0, 1.0), (5, 5, 1.0), (1, 9, 22 / 1024), (0, 6, 2 / 64), (3, 7, 0.34375)]
)
def test_mcnemar_is_the_exact_binomial_test(b, c, p):
    assert mcnemar(b, c) == pytest.approx(p)
    assert mcnemar(c, b) == mcnemar(b, c)


def test_mcnemar_takes_many_pairs():
    assert 0 < mcnemar(900, 1100) < 1e-4


def test_holm_corrects_step_by_step():
    assert holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert holm([0.5, 0.9]) == pytest.approx([1.0, 1.0])
    assert holm([]) == []


def passed(*shares):
    return {str(case): share for case, share in enumerate(shares)}


def test_two_methods_are_separated_only_if_the_interval_excludes_zero():
    worse, better = passed(*[0.0] * 20), passed(*[1.0] * 12, *[0.0] * 8)
    found = compare(("worse", "better"), worse, better)
    assert (found.mean, found.only_first, found.only_second) == (0.6, 0, 12)
    assert found.separated and found.low > 0
    same = compare(("x", "y"), passed(1, 0, 1, 0), passed(0, 1, 1, 0))
    assert not same.separated and same.p == 1.0


def test_only_cases_that_both_have_are_compared():
    found = compare(("x", "y"), {"1": 1.0, "2": 0.0}, {"2": 1.0, "3": 1.0})
    assert (found.cases, found.mean) == (1, 1.0)


def test_an_interval_is_the_same_each_time():
    differences = [1.0, 0.0, -1.0, 1.0, 0.0]
    assert paired_bootstrap(differences) == paired_bootstrap(differences)


def test_the_pairs_of_an_expected_order_are_counted():
    none, some, most = (
        passed(*[0.0] * 40),
        passed(*[1.0] * 2, *[0.0] * 38),
        passed(*[1.0] * 35, *[0.0] * 5),
    )
    differences = [
        compare(("none", "some"), none, some),
        compare(("none", "most"), none, most),
        compare(("some", "most"), some, most),
    ]
    assert ordering(["most", "some", "none"], differences) == {
        ("most", "none"): "confirmed",
        ("most", "some"): "confirmed",
        ("some", "none"): "not separated",
    }
    assert ordering(["some", "most"], differences) == {("some", "most"): "contradicted"}


def test_kappa_takes_chance_off():
    people = ["a", "a", "b", "b"]
    assert kappa(people, people) == 1.0
    assert kappa(people, ["a", "b", "a", "b"]) == 0.0
    # Agreed 3 of 4; by chance 0.5.
    assert kappa(people, ["a", "a", "b", "a"]) == pytest.approx(0.5)
    assert kappa(["a", "a"], ["a", "a"]) == 1.0
