import math

import numpy as np
import pytest

from cogitate.errors import SetupError
from cogitate.memory.scoring.score import (
    PRESETS,
    Columns,
    Weights,
    part_of,
    recency,
    reference_scores,
    weights_of,
)

NOW = 1_000_000.0
HOUR = 3600.0


def columns(**changes):
    given = {
        "vectors": np.array([[1.0, 0.0], [0.6, 0.8], [0.0, 1.0]]),
        "lexical": np.array([0.0, 4.0, 2.0]),
        "importance": np.array([1.0, 10.0, 5.5]),
        "last_access": NOW - HOUR * np.array([0.0, 1.0, 2.0]),
    }
    return Columns(**{**given, **changes})


def test_the_score_is_the_one_computed_by_hand():
    scores = reference_scores(columns(), np.array([2.0, 0.0]), Weights(), NOW, decay=0.5)
    assert scores.dense == pytest.approx([1.0, 0.6, 0.0])
    assert scores.lexical == pytest.approx([0.0, 1.0, 0.5])
    assert scores.relevance == pytest.approx([0.5, 0.8, 0.25])
    assert scores.importance == pytest.approx([0.0, 1.0, 0.5])
    # 1, 1/2 and 1/4 are left; scaled: (x - 1/4) / (3/4)
    assert scores.recency == pytest.approx([1.0, 1 / 3, 0.0])
    assert scores.total == pytest.approx([0.55, 0.8 + 0.2 + 0.05 / 3, 0.25 + 0.1])


def test_what_was_touched_last_is_the_most_recent():
    scores = reference_scores(columns(), None, Weights(0, 0, 1), NOW)
    assert scores.total.argmax() == 0
    assert scores.total.argmin() == 2


def test_a_part_that_is_the_same_everywhere_counts_nothing():
    flat = columns(importance=np.full(3, 7.0), lexical=np.zeros(3))
    scores = reference_scores(flat, np.array([1.0, 0.0]), Weights(1, 1, 0), NOW)
    assert scores.importance.tolist() == [0.0, 0.0, 0.0]
    assert scores.total == pytest.approx([0.5, 0.3, 0.0])


def test_one_record_alone_scores_nothing():
    one = Columns(
        vectors=np.array([[1.0, 0.0]]),
        lexical=np.array([3.0]),
        importance=np.array([9.0]),
        last_access=np.array([NOW]),
    )
    assert reference_scores(one, np.array([1.0, 0.0]), PRESETS["paper"], NOW).total.tolist() == [
        0.0
    ]


def test_recency_is_a_power_of_hours_and_never_above_one():
    found = recency(np.array([NOW - 10 * HOUR, NOW, NOW + 5 * HOUR]), NOW, 0.995)
    assert found == pytest.approx([0.995**10, 1.0, 1.0])


def test_recency_of_a_century_is_no_error():
    assert recency(np.array([0.0]), 100 * 365 * 24 * HOUR, 0.5).tolist() == [0.0]


def test_a_part_is_scaled_to_zero_and_one():
    assert part_of(np.array([3.0, 1.0, 2.0])).scaled().tolist() == [1.0, 0.0, 0.5]
    assert part_of(np.array([3.0, 3.0])).scaled().tolist() == [0.0, 0.0]


def test_presets_are_those_of_the_design():
    assert weights_of("default") == Weights(1.0, 0.2, 0.05, dense=0.5)
    assert weights_of("paper") == Weights(1.0, 1.0, 1.0)
    assert weights_of("smallville") == Weights(3.0, 2.0, 0.5)
    assert weights_of(Weights(5, 4, 3)) == Weights(5, 4, 3)


def test_unknown_weights_are_named_with_the_choices():
    with pytest.raises(SetupError, match=r"'best'.*'default', 'paper', 'smallville'"):
        weights_of("best")


@pytest.mark.parametrize(
    "wrong", [{"relevance": -1.0}, {"recency": math.nan}, {"importance": math.inf}, {"dense": 1.5}]
)
def test_weights_that_make_no_sense_are_turned_down(wrong):
    with pytest.raises(SetupError, match=next(iter(wrong))):
        Weights(**wrong)
