"""Vectors kept in a file: embedded once, never mixed, and no worse for a broken file."""

import numpy as np
import pytest

from cogitate.llm.embed import load_embeddings
from cogitate.llm.kept import KeptVectors


@pytest.fixture
def counted():
    """Return an embedder that notes what it was asked."""
    base = load_embeddings("hashed").base

    class Counted:
        name, dimension = base.name, base.dimension
        asked: list[str] = []

        def embed_documents(self, texts):
            self.asked += texts
            return base.embed_documents(texts)

        def embed_query(self, text):
            return base.embed_query(text)

    return Counted()


def test_a_text_is_embedded_once(counted, tmp_path):
    first = KeptVectors(counted, tmp_path / "v.db").embed_documents(
        ["red door", "blue", "red door"]
    )
    again = KeptVectors(counted, tmp_path / "v.db").embed_documents(["blue", "green", "red door"])
    assert counted.asked == ["red door", "blue", "green"]
    assert np.array_equal(first[0], again[2]) and np.array_equal(first[1], again[0])


def test_another_embedder_has_vectors_of_its_own(counted, tmp_path):
    KeptVectors(counted, tmp_path / "v.db").embed_documents(["red door"])
    counted.name = "another"
    KeptVectors(counted, tmp_path / "v.db").embed_documents(["red door"])
    assert counted.asked == ["red door", "red door"]


def test_a_broken_file_costs_time_and_not_the_vectors(counted, tmp_path):
    (tmp_path / "v.db").write_bytes(b"no database at all" * 100)
    rows = KeptVectors(counted, tmp_path / "v.db").embed_documents(["red door"])
    assert rows.shape == (1, counted.dimension)


def test_no_text_is_no_row(counted, tmp_path):
    assert len(KeptVectors(counted, tmp_path / "v.db").embed_documents([])) == 0
