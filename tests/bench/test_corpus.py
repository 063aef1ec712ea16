"""The corpus: the same each time, and every question has its passage where it says."""

import dataclasses
from collections import Counter
from pathlib import Path

import pytest

from bench.corpus import holds, read, unanswered, write
from bench.corpus_text import WORLD, kinds
from cogitate.memory.documents import load, split


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    folder = tmp_path_factory.mktemp("corpus")
    return folder, write(folder)


def test_there_are_200_files_of_all_formats(corpus):
    folder, _ = corpus
    counts = Counter(path.suffix for path in (folder / "files").rglob("*") if path.is_file())
    assert counts == {
        ".md": 44, ".txt": 34, ".html": 28, ".docx": 20, ".pdf": 24, ".csv": 20, ".py": 30
    }  # fmt: skip


def test_there_are_40_questions_in_two_languages_each_about_its_own_file(corpus):
    folder, questions = corpus
    assert Counter(q.language for q in questions) == {"en": 24, "zh": 16}
    assert len({q.file for q in questions}) == len({q.id for q in questions}) == 40
    assert read(folder) == questions


def test_every_passage_is_in_a_chunk_that_names_its_place(corpus):
    folder, questions = corpus
    for question in questions:
        path = folder / "files" / question.file
        chunks = [c for c in split(load(path)) if holds(question, c.text, {"path": str(path)})]
        assert chunks, question
        assert question.answer in question.passage
        if question.line:
            assert any(c.line_start <= question.line <= c.line_end for c in chunks), question
        if question.page:
            assert any(c.page <= question.page <= c.last_page for c in chunks), question
        assert question.line or question.page or path.suffix == ".docx"


def test_a_chunk_of_another_file_or_with_another_value_does_not_hold(corpus):
    folder, questions = corpus
    question = next(q for q in questions if q.file.endswith(".md"))
    path = {"path": str(folder / "files" / question.file)}
    assert holds(question, f"x {question.passage}\ny", path)
    assert not holds(question, question.passage, {"path": str(Path("files") / "other.md")})
    assert not holds(question, question.passage.replace(question.answer, "?"), path)


def test_the_same_seed_writes_the_same_bytes_and_another_does_not(corpus, tmp_path):
    folder, questions = corpus
    assert write(tmp_path / "again") == questions
    for path in (folder / "files").rglob("*"):
        if path.is_file():
            twin = tmp_path / "again" / path.relative_to(folder)
            assert twin.read_bytes() == path.read_bytes(), path
    assert write(tmp_path / "other", seed=8) != questions


def test_eight_questions_have_no_answer_in_any_file(corpus):
    folder, _ = corpus
    asked = unanswered()
    assert asked == read(folder, "unanswered.jsonl")
    assert Counter(q.language for q in asked) == {"en": 4, "zh": 4}
    assert not any(q.file or q.answer for q in asked)
    assert unanswered(8) != asked


def test_nothing_is_written_of_absent_subjects():
    written = [line for line in WORLD.read_text("utf-8").splitlines() if line[:7] != "absent:"]
    for kind in kinds():
        assert len(kind.absent) == 2 and kind.unsaid
        assert not any(name in line for name in kind.absent for line in written)


def test_a_folder_that_holds_files_is_not_written_to(corpus):
    with pytest.raises(FileExistsError, match="not empty"):
        write(corpus[0])


def test_every_kind_can_fill_its_sentences():
    for kind in kinds():
        assert len(kind.facts) == 6 and len(kind.fillers) >= 6
        for fact in kind.facts:
            assert "{v}" in fact.statement and "{n}" in fact.question
            assert len(fact.values) == 1 or len(fact.values) >= len(kind.subjects)


def test_questions_share_few_words_with_their_passages(corpus):
    from cogitate.words import content_words

    shares = []
    for question in corpus[1]:
        asked = set(content_words(question.question))
        shares.append(len(asked & set(content_words(question.passage))) / len(asked))
    assert sum(shares) / len(shares) < 0.25


def test_a_question_is_plain_data(corpus):
    assert set(dataclasses.asdict(corpus[1][0])) == {
        "id", "language", "question", "answer", "file", "line", "page", "passage"
    }  # fmt: skip
