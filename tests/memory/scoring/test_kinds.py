import numpy as np
import pytest

from cogitate.errors import SetupError
from cogitate.memory.scoring.kinds import KINDS, TRAINED_ON, IndexPlan, build_index, measured_recall


def clustered(count, dimension=32):
    rng = np.random.default_rng(0)
    centres = rng.standard_normal((100, dimension))
    rows = centres[rng.integers(0, 100, count)] + 0.7 * rng.standard_normal((count, dimension))
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


@pytest.fixture(scope="module")
def vectors():
    return clustered(TRAINED_ON + 16)


@pytest.fixture(scope="module")
def built(vectors):
    count, dimension = vectors.shape
    return {kind: build_index(IndexPlan(count, dimension, wanted=kind), vectors) for kind in KINDS}


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_finds_a_vector_by_itself(built, vectors, kind):
    for place in (0, 5_000, len(vectors) - 1):
        found = built[kind].search(vectors[place] * 7.0, 10)
        assert found[0] == (place, pytest.approx(1.0, abs=1e-5))
        assert [cosine for _, cosine in found] == sorted((c for _, c in found), reverse=True)


@pytest.mark.parametrize(
    ("kind", "least"), [("flat", 1), ("hnsw", 0.95), ("ivfpq", 0.7), ("lsh", 0.7)]
)
def test_the_recall_is_measured_and_worth_having(built, vectors, kind, least):
    assert built[kind].recall == measured_recall(built[kind], vectors)
    assert least <= built[kind].recall <= 1


def test_a_recall_below_one_is_seen(vectors):
    broken = build_index(IndexPlan(*vectors.shape), vectors[::-1], lambda at: vectors[::-1][at])
    assert measured_recall(broken, vectors) < 0.2


def test_full_vectors_can_be_read_from_elsewhere(vectors, tmp_path):
    np.save(tmp_path / "v.npy", vectors)
    disk = np.load(tmp_path / "v.npy", mmap_mode="r")
    asked = []

    def read(places):
        asked.append(len(places))
        return np.asarray(disk[places])

    index = build_index(IndexPlan(*vectors.shape, wanted="lsh"), disk, read)
    asked.clear()
    assert index.search(vectors[3], 5)[0][0] == 3
    assert asked == [100]


@pytest.mark.parametrize(
    ("size", "kind"),
    [
        ((0, 384), "flat"),
        ((100_000, 384), "flat"),
        ((1_000_000, 384, 2_048), "hnsw"),
        ((1_000_000, 384, 500), "ivfpq"),
        ((5_000, 384, 1), "flat"),
        ((500, 384, 64, "hnsw"), "hnsw"),
    ],
)
def test_the_plan_follows_size_and_memory(size, kind):
    plan = IndexPlan(*size)
    assert plan.kind == kind and plan.why


def test_memory_is_told_about_right():
    assert IndexPlan(1_000_000, 384, wanted="flat").megabytes == pytest.approx(1536)
    assert IndexPlan(1_000_000, 384, wanted="ivfpq").megabytes == pytest.approx(56)


@pytest.mark.parametrize(
    ("arguments", "match"),
    [
        ((100, 8, 64, "ivfpq"), "take flat"),
        ((100, 8, 64, "annoy"), "'annoy'"),
        ((-1, 8), "-1"),
        ((5, 0), "0 numbers"),
    ],
)
def test_plans_that_cannot_be_are_turned_down(arguments, match):
    with pytest.raises(SetupError, match=match):
        IndexPlan(*arguments)


def test_other_vectors_than_planned_are_turned_down(vectors):
    with pytest.raises(SetupError, match="plan anew"):
        build_index(IndexPlan(10, 32), vectors)
    with pytest.raises(SetupError, match="dimension 32"):
        build_index(IndexPlan(10, 32), vectors[:10]).search(np.ones(3))


@pytest.mark.parametrize("kind", ["flat", "hnsw", "lsh"])
def test_few_vectors_are_no_trouble(kind):
    assert build_index(IndexPlan(0, 32, wanted=kind), clustered(0)).search(np.ones(32)) == []
    one = build_index(IndexPlan(1, 32, wanted=kind), clustered(1))
    assert one.search(clustered(1)[0])[0][0] == 0 and len(one) == 1
