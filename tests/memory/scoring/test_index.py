import threading
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.memory_exact import Stream, check
from cogitate.errors import SetupError
from cogitate.memory.scoring.index import Query, ScoreIndex
from cogitate.memory.scoring.score import PRESETS, Weights
from cogitate.memory.scoring.segments import SEGMENT, Segments

NOW = 1.7e9
MEANING = Weights(1, 0, 0, dense=1.0)


def unit(count, dimension=8, seed=0):
    rows = np.random.default_rng(seed).standard_normal((count, dimension))
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def filled(count=20, dimension=8):
    index = ScoreIndex(dimension)
    index.add(range(count), unit(count, dimension), 3.0, NOW, "observation")
    return index


def rows(found):
    return [hit.row for hit in found.hits]


def test_a_thousand_random_cases_agree_with_brute_force():
    assert check(1_000, seed=11) == []


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_any_stream_agrees_with_brute_force(seed):
    stream = Stream(np.random.default_rng(seed))
    for _ in range(5):
        stream.change()
        query = stream.query()
        assert stream.differences(query, stream.index.search(query)) == []


def test_the_comparison_sees_a_wrong_answer():
    stream = Stream(np.random.default_rng(5))
    stream.add(50)
    query = Query(now=stream.now, vector=stream.vectors(1)[0], k=5, weights=PRESETS["paper"])
    found = stream.index.search(query)
    assert stream.differences(query, found) == []
    assert stream.differences(query, replace(found, hits=found.hits[::-1]))
    assert stream.differences(query, replace(found, hits=(*found.hits[:4], found.below[-1])))
    weighed_otherwise = stream.index.search(replace(query, weights=PRESETS["smallville"]))
    assert stream.differences(query, weighed_otherwise)
    stream.index.set_importance(list(stream.kept)[:40], 10.0)
    assert stream.differences(query, stream.index.search(query))


def test_more_vectors_than_one_segment_holds_are_found():
    count = 2 * SEGMENT + 100
    vectors = unit(count, 3)
    index = ScoreIndex(3)
    index.add(range(count), vectors, 3.0, NOW, "chat")
    for row in (0, SEGMENT - 1, SEGMENT, 2 * SEGMENT, count - 1):
        found = index.search(Query(now=NOW, vector=vectors[row], weights=MEANING, k=1))
        assert found.hits[0].cosine == pytest.approx(float((vectors @ vectors[row]).max()))
        few = index.search(Query(now=NOW, vector=vectors[row], rows=[row, 5, 40_000], k=1))
        assert rows(few) == [row]


def test_removal_frees_room_and_leaves_the_rest_right():
    count = SEGMENT + 5_000
    vectors = unit(count, 4)
    index = ScoreIndex(4)
    index.add(range(count), vectors, 3.0, NOW, "chat")
    gone = np.arange(0, count, 2)
    index.remove(gone.tolist())
    left = np.arange(1, count, 2)
    assert len(index) == len(left)
    for query in vectors[[1, 2, SEGMENT, count - 1]]:
        true = left[np.argsort(-(vectors[left].astype(float) @ query), kind="stable")[:5]]
        found = index.search(Query(now=NOW, vector=query, weights=MEANING, k=5))
        assert rows(found) == true.tolist()
    index.add([count], vectors[:1], 3.0, NOW, "chat")
    assert index.nearest(vectors[0], 1)[0][0] == count


def test_a_removed_vector_is_overwritten():
    held = Segments(4)
    held.append(unit(10, 4))
    held.wipe(np.array([3, 9]))
    assert held.read(np.array([9, 3])).tolist() == [[0.0] * 4] * 2
    assert np.abs(held.read(np.array([2]))).sum() > 0


def test_segments_give_products_for_all_places_and_for_some():
    vectors = unit(SEGMENT + 50, 4)
    held = Segments(4)
    held.append(vectors[:100])
    held.append(vectors[100:])
    query = unit(1, 4, seed=9)[0]
    places = np.array([0, 7, SEGMENT - 1, SEGMENT, SEGMENT + 49])
    assert held.products(query, None) == pytest.approx(vectors @ query, abs=1e-6)
    assert held.products(query, places) == pytest.approx(vectors[places] @ query, abs=1e-6)


def test_quick_products_are_as_near_as_they_say_through_a_life():
    dimension = 40
    vectors = unit(SEGMENT + 3_000, dimension)
    held = Segments(dimension)
    held.append(vectors[:5])
    held.append(vectors[5:])
    query = unit(1, dimension, seed=9)[0]

    def worst(true):
        found, rounding = held.quick_products(query)
        assert rounding < 1e-3
        return np.abs(found - true.astype(float) @ query.astype(float)).max() / rounding

    assert 0 < worst(vectors) <= 1
    wiped = np.array([0, SEGMENT - 1, SEGMENT + 7])
    held.wipe(wiped)
    vectors[wiped] = 0
    assert worst(vectors) <= 1
    alive = np.random.default_rng(1).random(len(vectors)) < 0.7
    held.keep(alive)
    held.append(unit(2 * SEGMENT, dimension, seed=4))
    left = np.concatenate([vectors[alive], unit(2 * SEGMENT, dimension, seed=4)])
    assert worst(left) <= 1


def test_a_segment_that_empties_leaves_the_others_in_order():
    vectors = unit(3 * SEGMENT, 8)
    held = Segments(8)
    held.append(vectors)
    alive = np.ones(len(vectors), bool)
    alive[SEGMENT : 2 * SEGMENT] = False
    held.keep(alive)
    held.append(vectors[:100])
    query = unit(1, 8, seed=3)[0]
    found, rounding = held.quick_products(query)
    true = np.concatenate([vectors[alive], vectors[:100]]) @ query
    assert np.abs(found - true).max() <= rounding + 1e-6


def test_what_ties_in_half_precision_is_told_apart_in_full():
    count = 6_000
    angles = np.linspace(0, 1e-3, count)
    near = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    far = np.array([[0.0, 1.0]])
    index = ScoreIndex(2)
    index.add(range(count + 1), np.concatenate([near, far]), 3.0, NOW, "chat")
    target = np.array([np.cos(1e-3), np.sin(1e-3)])
    found = index.search(Query(now=NOW, vector=target, weights=MEANING, k=3))
    true = np.argsort(-(index_vectors(near) @ target), kind="stable")[:3]
    cosines = [hit.cosine for hit in found.hits]
    assert cosines == pytest.approx((index_vectors(near) @ target)[true].tolist(), abs=1e-12)


def index_vectors(vectors):
    """Return vectors as the index holds them: rounded to float32."""
    return vectors.astype(np.float32).astype(float)


def test_a_row_added_again_takes_the_place_of_the_old_one():
    index = filled()
    other = -unit(20)[3]
    index.add([3], other[None], 9.0, NOW, "plan")
    assert len(index) == 20
    assert index.nearest(other, 1)[0] == (3, pytest.approx(1.0))
    assert rows(index.search(Query(now=NOW, k=20, kinds=["plan"]))) == [3]


def test_a_touch_makes_recent_and_importance_makes_important():
    index = filled()
    index.touch([4, 999], NOW + 3600)
    recent = Query(now=NOW + 7200, weights=Weights(0, 0, 1), k=1)
    assert rows(index.search(recent)) == [4]
    index.set_importance([6], 10.0)
    assert rows(index.search(replace(recent, weights=Weights(0, 1, 0)))) == [6]


def test_hidden_rows_are_out_of_answers_and_ranges():
    index = filled(4)
    index.set_importance([0, 1, 2, 3], [10.0, 6.0, 5.0, 1.0])
    index.hide([0, 3])
    query = Query(now=NOW, weights=Weights(0, 1, 0), k=9)
    found = index.search(query)
    assert [(hit.row, hit.importance) for hit in found.hits] == [(1, 1.0), (2, 0.0)]
    assert len(index.search(replace(query, hidden=True)).hits) == 4
    index.hide([0, 3], False)
    assert len(index.search(query).hits) == 4


def test_kinds_scopes_and_rows_narrow_the_search():
    index = ScoreIndex(8)
    kinds = ["plan", "chat", "plan", "fact"]
    index.add([1, 2, 3, 4], unit(4), 3.0, NOW, kinds, ["a", "a", "b", "b"])
    query = Query(now=NOW, vector=unit(1)[0], k=9)
    assert sorted(rows(index.search(replace(query, kinds=["plan"])))) == [1, 3]
    assert rows(index.search(replace(query, kinds=["plan"], scopes=["b"]))) == [3]
    assert rows(index.search(replace(query, rows=[2, 77]))) == [2]
    assert rows(index.search(replace(query, scopes=["nobody"]))) == []
    assert rows(index.search(replace(query, scopes=[]))) == []


def test_words_alone_rank_without_a_vector():
    found = filled().search(Query(now=NOW, lexical={7: 2.0, 5: 4.0, 99: 9.0}, k=2))
    assert [(hit.row, hit.lexical) for hit in found.hits] == [(5, 1.0), (7, 0.5)]
    assert found.proven


def test_among_equals_the_newest_row_comes_first():
    index = ScoreIndex(2)
    index.add([1, 2, 3], np.array([[1, 0]] * 3), 3.0, NOW, "chat")
    assert rows(index.search(Query(now=NOW, vector=np.array([1.0, 0.0]), k=3))) == [3, 2, 1]


def test_an_answer_is_not_called_proven_when_too_many_tie():
    index = ScoreIndex(2)
    index.add(range(9_000), np.tile([0.6, 0.8], (9_000, 1)), 3.0, NOW, "chat")
    index.add([9_000], np.array([[1.0, 0.0]]), 3.0, NOW, "chat")
    found = index.search(Query(now=NOW, vector=np.array([0.6, 0.8]), k=3))
    assert not found.proven and len(found.hits) == 3


def test_below_names_what_just_missed():
    index = filled()
    found = index.search(Query(now=NOW, vector=unit(1)[0], k=3))
    assert [hit.row for hit in found.below] == rows(
        index.search(Query(now=NOW, vector=unit(1)[0], k=8))
    )[3:]


def test_an_empty_index_finds_nothing():
    assert ScoreIndex(4).search(Query(now=NOW, vector=np.ones(4))).hits == ()
    assert ScoreIndex(4).nearest(np.ones(4)) == []


def test_unit_vectors_are_kept_and_others_made_unit():
    index = ScoreIndex(2)
    index.add([1, 2], np.array([[0.6, 0.8], [30.0, 40.0]]), 3.0, NOW, "chat")
    assert [cosine for _, cosine in index.nearest(np.array([0.6, 0.8]), 2)] == pytest.approx([1, 1])


@pytest.mark.parametrize(
    ("vectors", "match"),
    [
        (np.ones((1, 3)), "dimension 4"),
        (np.ones((2, 4)), "do not fit 1 records"),
        (np.full((1, 4), np.nan), "not finite"),
        (np.full((1, 4), np.inf), "not finite"),
    ],
)
def test_vectors_that_do_not_fit_are_turned_down_and_change_nothing(vectors, match):
    index = ScoreIndex(4)
    with pytest.raises(SetupError, match=match):
        index.add([1], vectors, 3.0, NOW, "chat")
    assert len(index) == 0


def test_a_failed_add_leaves_the_index_as_it_was():
    index = filled(3)
    for wrong in (np.nan, np.inf):
        with pytest.raises(SetupError, match="finite"):
            index.add([1], unit(1), wrong, NOW, "chat")
    with pytest.raises(SetupError, match="twice"):
        index.add([8, 8], unit(2), 3.0, NOW, "chat")
    with pytest.raises(SetupError, match="dimension 8"):
        index.search(Query(now=NOW, vector=np.ones(3)))
    assert len(index) == 3 and len(index.search(Query(now=NOW, k=9)).hits) == 3


@pytest.mark.parametrize("decay", [0.0, 1.1, -1.0])
def test_a_decay_that_makes_no_sense_is_turned_down(decay):
    with pytest.raises(SetupError, match="decay"):
        ScoreIndex(4, decay=decay)


def test_threads_may_search_while_others_write():
    index = ScoreIndex(16)
    index.add(range(500), unit(500, 16), 3.0, NOW, "chat")
    failures = []

    def write():
        for row in range(500, 3_000, 50):
            index.add(range(row, row + 50), unit(50, 16, seed=row), 3.0, NOW, "chat")
            index.remove(range(row, row + 40))

    def read():
        for seed in range(200):
            found = index.search(Query(now=NOW, vector=unit(1, 16, seed=seed)[0], k=7))
            if len(found.hits) != 7 or not found.proven:
                failures.append(found)

    threads = [threading.Thread(target=work) for work in (write, read, read)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == [] and len(index) == 1_000


def test_ages_of_so_many_years_that_recency_is_nearly_nothing_hide_no_record():
    index = ScoreIndex(2)
    hour = 3600.0
    now = 150_000 * hour
    last = [now - hours * hour for hours in (148_500.0, 148_550.0, 148_600.0, 149_500.0)]
    vectors = np.eye(2, dtype=np.float32)[[0, 1, 0, 1]]
    index.add([1, 2, 3, 4], vectors, [5.0] * 4, last, ["fact"] * 4, ["a"] * 4)
    weights = Weights(0, 0, 1)
    found = index.search(Query(vector=vectors[0], lexical={}, weights=weights, now=now, k=4))
    assert len(found.hits) == 4 and found.hits[-1].row == 4
