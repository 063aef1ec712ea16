"""Writes a folder of 200 mixed files, 40 questions whose right passage is known, and 8 without one.

    python -m bench.corpus FOLDER [--seed N]

The files are English and Chinese: Markdown, text, HTML, Word, PDF, CSV and Python. Of many
subjects the same things are stated with other values, so the words of a question fit many
passages and its answer stands in one. Of the questions without an answer half ask what is not
stated of a subject, and half what is stated of others but not of this one. FOLDER gets `files/`,
`questions.jsonl` and `unanswered.jsonl`. The same seed writes the same bytes.
"""

import argparse
import json
import random
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from bench.corpus_formats import WRITERS
from bench.corpus_tables import write_code, write_tables
from bench.corpus_text import Fact, Kind, Question, Statement, Text, bare, kinds, line_of

ENDINGS = {"md": 44, "txt": 34, "html": 28, "docx": 20, "pdf": 24}
"""How many of the 150 texts are written in each format; 20 CSV and 30 Python files come on top."""
ASKED = {
    "en": {"md": 4, "txt": 3, "html": 4, "docx": 3, "pdf": 5, "csv": 2, "py": 3},
    "zh": {"md": 3, "txt": 3, "html": 2, "docx": 2, "pdf": 4, "csv": 1, "py": 1},
}
"""How many questions are about each format."""

UNANSWERED = {"en": 2, "zh": 2}
"""How many questions without an answer there are of either sort, by language."""


def holds(question: Question, text: str, meta: Mapping[str, Any]) -> bool:
    """Return whether a chunk is of the right file and states the whole answer."""
    same_file = Path(meta["path"]).as_posix().endswith(f"/{question.file}")
    return same_file and bare(question.passage) in bare(text)


def write(folder: Path, seed: int = 7) -> list[Question]:
    """Write the files and the questions, and return the questions.

    Raises:
        FileExistsError: the folder has files already.
    """
    files = folder / "files"
    if files.exists() and any(files.iterdir()):
        raise FileExistsError(f"{str(files)!r} is not empty; give a new folder")
    rng = random.Random(seed)
    found = [*_write_texts(files, rng), *write_tables(files, rng), *write_code(files, rng)]
    questions = _chosen(found, rng)
    _keep(folder / "questions.jsonl", questions)
    _keep(folder / "unanswered.jsonl", unanswered(seed))
    return questions


def _keep(path: Path, questions: Sequence[Question]) -> None:
    lines = [json.dumps(asdict(each), ensure_ascii=False) for each in questions]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def read(folder: Path, name: str = "questions.jsonl") -> list[Question]:
    """Return the questions of a folder that was written, or those in another file of it."""
    lines = (folder / name).read_text(encoding="utf-8").splitlines()
    return [Question(**json.loads(line)) for line in lines]


def unanswered(seed: int = 7) -> list[Question]:
    """Return questions that the files of a seed do not answer; their `file` is empty."""
    rng = random.Random(f"unanswered {seed}")
    asked: list[tuple[str, str]] = []
    for language, count in UNANSWERED.items():
        fit = [kind for kind in kinds() if kind.language == language]
        for kind in rng.sample(fit, count):
            asked.append((language, rng.choice(kind.unsaid).format(n=rng.choice(kind.subjects))))
        for kind in rng.sample(fit, count):
            fact = rng.choice(kind.facts)
            asked.append((language, fact.question.format(n=rng.choice(kind.absent))))
    return [
        Question(id=f"u{n:02}", language=language, question=text, answer="", file="", passage="")
        for n, (language, text) in enumerate(asked, 1)
    ]


def _chosen(found: Sequence[Question], rng: random.Random) -> list[Question]:
    """Return the questions to be asked: spread over formats, one a file, kinds in turn."""
    chosen: list[Question] = []
    for language, counts in ASKED.items():
        for ending, count in counts.items():
            fit = [q for q in found if q.language == language and q.file.endswith(f".{ending}")]
            rng.shuffle(fit)
            files: set[str] = set()
            folders: list[str] = []
            for _ in range(count):
                left = [q for q in fit if q.file not in files]
                # The folder that was asked about least comes next.
                question = min(left, key=lambda q: folders.count(q.file.split("/")[0]))
                files.add(question.file)
                folders.append(question.file.split("/")[0])
                chosen.append(question)
    return [replace(each, id=f"q{number:02}") for number, each in enumerate(chosen, 1)]


# ---------------------------------------------------------------------------------- the texts


def _write_texts(files: Path, rng: random.Random) -> list[Question]:
    """Write the 150 texts and return a question for each statement."""
    world = kinds()
    subjects = [(kind, name) for kind in world for name in kind.subjects]
    endings = [ending for ending, count in ENDINGS.items() for _ in range(count)]
    rng.shuffle(subjects)
    picks = {fact: _spread(fact, kind, rng) for kind in world for fact in kind.facts}
    found: list[Question] = []
    for (kind, name), ending in zip(subjects, endings, strict=True):
        made = _text(kind, name, {fact: picks[fact][name] for fact in kind.facts}, rng)
        stem = name.lower().replace(" ", "-")
        path = files / kind.name / f"{stem}.{ending}"
        path.parent.mkdir(parents=True, exist_ok=True)
        pages = WRITERS[ending](path, made, rng)
        found += _questions(path, files, made, pages)
    return found


def _spread(fact: Fact, kind: Kind, rng: random.Random) -> dict[str, str]:
    """Return a value for each subject; two have the same one only where there are too few."""
    values = list(fact.values)
    if len(values) == 1:
        low, high = map(int, values[0].split("-"))
        values = [str(each) for each in rng.sample(range(low, high + 1), min(99, high - low + 1))]
        while len(values) < len(kind.subjects):
            values += values
    else:
        rng.shuffle(values)
    return dict(zip(kind.subjects, values, strict=False))


def _text(kind: Kind, name: str, values: Mapping[Fact, str], rng: random.Random) -> Text:
    joint = "" if kind.language == "zh" else " "
    sections = []
    statements = []
    for fact in rng.sample(kind.facts, len(kind.facts)):
        said = fact.statement.format(n=name, v=values[fact])
        asked = fact.question.format(n=name)
        statements.append(Statement(fact.section, said, asked, values[fact]))
        sentences = _fillers(kind, name, rng, rng.randint(3, 6))
        sentences.insert(rng.randint(0, len(sentences)), said)
        more = _fillers(kind, name, rng, rng.randint(2, 6))
        sections.append((fact.section, (joint.join(sentences), joint.join(more))))
    opening = kind.opening.format(n=name)
    title = kind.title.format(n=name)
    return Text(kind.language, title, (("", (opening,)), *sections), tuple(statements))


def _fillers(kind: Kind, name: str, rng: random.Random, count: int) -> list[str]:
    others = [each for each in kind.subjects if each != name]
    return [
        line.format(n=name, o=rng.choice(others), a=rng.randint(3, 97), b=rng.randint(3, 60))
        for line in rng.sample(kind.fillers, count)
    ]


def _questions(path: Path, files: Path, made: Text, pages: Mapping[str, int]) -> list[Question]:
    return [
        Question(
            id="",
            language=made.language,
            question=each.question,
            answer=each.answer,
            file=path.relative_to(files).as_posix(),
            line=line_of(path, each.text),
            page=pages.get(each.section, 0),
            passage=each.text,
        )
        for each in made.statements
    ]


def main(arguments: Sequence[str] | None = None) -> None:
    """Write the corpus as the command line says."""
    parser = argparse.ArgumentParser(prog="python -m bench.corpus", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("folder", type=Path, help="a new or an empty folder")
    parser.add_argument("--seed", type=int, default=7)
    given = parser.parse_args(arguments)
    questions = write(given.folder, given.seed)
    count = sum(1 for path in (given.folder / "files").rglob("*") if path.is_file())
    print(f"{count} files and {len(questions)} questions in {given.folder}")


if __name__ == "__main__":
    main()
