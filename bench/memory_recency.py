"""What recency is worth: plans that changed three times, and old facts that still hold.

python -m bench.memory_recency [--embeddings NAME] [--threads COUNT] [--json FILE]

Of each plan there are four notes, each naming another day, among notes on the same people and
matters; a few hours after each change it is asked when the matter is. The words of a note do
not tell which of them is the newest: only its age does. For an old fact the newest note on the
matter is the wrong one: these are asked at the end. "Asked before": an agent has asked the same
an hour before, and what it was given counts as accessed. The clock is simulated, two months.
"""

import argparse
import asyncio
import json
import random
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from cogitate.llm.embed import Embedder, load_embeddings
from cogitate.memory.records import Kind, Note
from cogitate.memory.scoring.score import PRESETS, Weights
from cogitate.memory.stream import MemoryStream

WAYS: Mapping[str, Weights] = {
    "recency 0": replace(PRESETS["default"], recency=0.0),
    **{name: PRESETS[name] for name in ("default", "paper")},
    **{f"recency {each}": replace(PRESETS["default"], recency=each) for each in (0.1, 0.2, 0.4)},
}
HOUR = 3_600.0
DAYS = 60
"""How long it all takes."""
FOUND = 25
"""Records that a question asks for."""
THREADS = 24
"""Plans of each language, and old facts of each."""
CHANGES = 3
SEED = 7
PARTS = ("plans", "plans, asked before", "old facts")


@dataclass(frozen=True, kw_only=True)
class Language:
    """The words that notes and questions are made of."""

    matters: tuple[str, ...]
    people: tuple[str, ...]
    days: tuple[str, ...]
    planned: tuple[str, ...]
    """Ways to name the day, none of which says that it is another one."""
    asked: str
    around: tuple[str, ...]
    """Notes on the same people and matters."""
    things: tuple[tuple[str, str], ...]
    """Things with the place of their beginning."""
    begun: str
    later: tuple[str, ...]
    asked_begun: str


ENGLISH = Language(
    matters=(
        "budget review",
        "site visit",
        "fire drill",
        "staff dinner",
        "print deadline",
        "server move",
        "tasting",
        "rehearsal",
        "lease talk",
        "audit",
        "harvest walk",
        "roof check",
    ),
    people=("Ferro", "Anna", "Okoye", "Lindqvist", "Mrs. Hale", "Tomas"),
    days=("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"),
    planned=(
        "The {matter} with {who} is on {day}.",
        "{day} is the day of the {matter} with {who}.",
        "{who} comes on {day} for the {matter}.",
        "{matter}, {who}: {day}.",
    ),
    asked="On which day is the {matter} with {who}?",
    around=(
        "{who} sent a list for the {matter}.",
        "{who} likes to come early on {day}.",
        "Nobody has read the notes of the last {matter}.",
        "The room for the {matter} has new chairs.",
        "{who} was ill on {day}.",
    ),
    things=(
        ("chess club", "town hall"),
        ("choir", "old mill"),
        ("bakery", "Canal Street"),
        ("newspaper", "cellar of a school"),
        ("bicycle shop", "garage"),
        ("library", "church"),
        ("rowing team", "boat house"),
        ("film society", "cinema Rex"),
        ("garden club", "nursery"),
        ("radio station", "attic"),
        ("football team", "meadow"),
        ("theatre", "barn"),
    ),
    begun="The first meeting of the {thing} was in the {place}.",
    later=(
        "The {thing} had a meeting today, and many came.",
        "The meeting of the {thing} was short this week.",
        "Where the {thing} meets, the heating is broken.",
        "A meeting of the {thing} was put off.",
    ),
    asked_begun="Where was the first meeting of the {thing}?",
)
CHINESE = Language(
    matters=(
        "预算会", "工地参观", "消防演习", "部门聚餐", "交稿", "机房搬迁",
        "试吃会", "彩排", "租约洽谈", "审计", "体检", "屋顶检查",
    ),
    people=("老周", "李娜", "王总", "小陈", "赵老师", "孙工"),
    days=("星期一", "星期二", "星期三", "星期四", "星期五", "星期六"),
    planned=(
        "和{who}的{matter}在{day}。",
        "{day}是和{who}{matter}的日子。",
        "{who}{day}过来参加{matter}。",
        "{matter}，{who}：{day}。",
    ),
    asked="和{who}的{matter}在哪一天？",
    around=(
        "{who}发来了{matter}的名单。",
        "{who}{day}喜欢早到。",
        "上次{matter}的记录没有人看。",
        "{matter}用的房间换了新椅子。",
        "{who}{day}生病了。",
    ),
    things=(
        ("象棋社", "文化宫"), ("合唱团", "老磨坊"), ("面包店", "运河路"), ("校报", "地下室"),
        ("自行车行", "车库"), ("图书馆", "祠堂"), ("划船队", "船坞"), ("电影协会", "大光明影院"),
        ("园艺社", "苗圃"), ("广播站", "阁楼"), ("足球队", "草地"), ("话剧社", "谷仓"),
    ),
    begun="{thing}的第一次聚会在{place}。",
    later=(
        "{thing}今天有聚会，来了很多人。",
        "{thing}这周的聚会很短。",
        "{thing}聚会的地方暖气坏了。",
        "{thing}有一次聚会推迟了。",
    ),
    asked_begun="{thing}的第一次聚会在哪里？",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Question:
    """What is asked at a moment, and which notes answer it."""

    time: float
    text: str
    wanted: str
    others: tuple[str, ...]
    """Notes that must not stand before the one that is wanted."""
    part: str = "plans"


@dataclass
class Story:
    """Notes by their text, and questions between them."""

    notes: list[Note] = field(default_factory=list)
    questions: list[Question] = field(default_factory=list)

    def tell(self, text: str, time: float, kind: Kind = "observation") -> str:
        """Take in a note and return its text, by which it is known."""
        self.notes.append(Note(text=text, kind=kind, created=time))
        return text


def story(threads: int = THREADS, seed: int = SEED) -> Story:
    """Return the plans and old facts of both languages, told from the same seed each time."""
    made = Story()
    for number, language in enumerate((ENGLISH, CHINESE)):
        chance = random.Random(seed + number)
        pairs = [(matter, who) for matter in language.matters for who in language.people]
        for matter, who in chance.sample(pairs, threads):
            _plan(made, language, {"matter": matter, "who": who}, chance)
        for thing, place in language.things[:threads]:
            _old_fact(made, language, {"thing": thing, "place": place}, chance)
    return made


def _plan(made: Story, language: Language, names: Mapping[str, str], chance: random.Random) -> None:
    moment = chance.uniform(0, DAYS - 20) * 24 * HOUR
    days = chance.sample(language.days, CHANGES + 1)
    forms = chance.sample(language.planned, CHANGES + 1)
    told: list[str] = []
    for day, form in zip(days, forms, strict=True):
        told.append(made.tell(form.format(**names, day=day), moment, "plan"))
        if len(told) > 1:
            asked = moment + chance.uniform(2, 24) * HOUR
            text = language.asked.format(**names)
            older = tuple(told[:-1])
            made.questions.append(Question(time=asked, text=text, wanted=told[-1], others=older))
        moment += chance.uniform(25, 120) * HOUR
        around = chance.choice(language.around).format(**names, day=chance.choice(language.days))
        made.tell(around, moment - chance.uniform(1, 24) * HOUR)


def _old_fact(
    made: Story, language: Language, names: Mapping[str, str], chance: random.Random
) -> None:
    old = made.tell(language.begun.format(**names), chance.uniform(0, 5) * 24 * HOUR)
    newer = [
        made.tell(form.format(**names), chance.uniform(DAYS - 20, DAYS) * 24 * HOUR)
        for form in language.later
    ]
    made.questions.append(
        Question(
            time=(DAYS + 1) * 24 * HOUR,
            text=language.asked_begun.format(**names),
            wanted=old,
            others=tuple(newer),
            part="old facts",
        )
    )


class Sums:
    """How well one way to weigh does, added up over the questions of one part."""

    def __init__(self) -> None:
        self._values: list[tuple[float, float, float]] = []

    def add(self, found: Sequence[str], question: Question) -> None:
        """Take in the texts that were found, the best first."""
        places = {text: place for place, text in enumerate(found, 1)}
        place = places.get(question.wanted, len(found) + 1)
        before = [other for other in question.others if places.get(other, len(found) + 2) < place]
        rank = 1 / place if question.wanted in places else 0.0
        self._values.append((rank, float(not before), len(before) / len(question.others)))

    def means(self) -> dict[str, float]:
        """Return the mean reciprocal rank, and how often others stand before the right one."""
        columns = zip(*self._values, strict=True)
        names = ("mrr", "right_first", "wrong_before")
        return {
            name: round(sum(column) / len(self._values), 4)
            for name, column in zip(names, columns, strict=True)
        }


async def measure(
    embedder: Embedder, told: Story, ways: Mapping[str, Weights] = WAYS
) -> dict[str, dict[str, dict[str, float]]]:
    """Return the figures of plans and of old facts, by way to weigh."""
    sums = {way: {part: Sums() for part in PARTS} for way in ways}
    for before in (False, True):
        async for way, question, found in _answers(embedder, told, ways, before):
            part = PARTS[1] if before else question.part
            if not before or question.part == PARTS[0]:
                sums[way][part].add(found, question)
    return {
        way: {part: found.means() for part, found in parts.items()} for way, parts in sums.items()
    }


async def _answers(
    embedder: Embedder, told: Story, ways: Mapping[str, Weights], before: bool
) -> AsyncIterator[tuple[str, Question, list[str]]]:
    """Yield what each way finds for each question, once the same was asked before or not."""
    now = [0.0]
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "memory.db"
        async with MemoryStream(place, embeddings=embedder, clock=lambda: now[0]) as stream:
            for notes, question in _in_time(told):
                await stream.remember_many(notes)
                now[0] = question.time
                if before:
                    await stream.recall(question.text, now=question.time - HOUR)
                for way, weights in ways.items():
                    hits = await stream.recall(question.text, FOUND, weights=weights, touch=False)
                    yield way, question, [hit.text for hit in hits]


def _in_time(told: Story) -> Iterator[tuple[list[Note], Question]]:
    """Yield each question with the notes that were made since the one before it."""
    notes = sorted(told.notes, key=lambda note: note.created or 0.0)
    for question in sorted(told.questions, key=lambda each: each.time):
        since = [note for note in notes if (note.created or 0.0) < question.time]
        notes = notes[len(since) :]
        yield since, question


def table(found: Mapping[str, Mapping[str, Mapping[str, float]]]) -> Iterator[str]:
    """Yield the lines that show the figures."""
    for part in PARTS:
        yield f"{part}:"
        for way, parts in found.items():
            shown = "  ".join(f"{key} {value:.3f}" for key, value in parts[part].items())
            yield f"  {way:<14} {shown}"


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure as the command line says, and print a table."""
    parser = argparse.ArgumentParser(prog="python -m bench.memory_recency", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--embeddings", default="auto")
    parser.add_argument("--threads", type=int, default=THREADS)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures there")
    given = parser.parse_args(arguments)
    embedder = load_embeddings(given.embeddings)
    told = story(given.threads)
    print(f"{len(told.notes):,} notes, {len(told.questions):,} questions, {embedder.name}")
    found = asyncio.run(measure(embedder, told))
    print("\n".join(table(found)))
    if given.json:
        given.json.write_text(json.dumps(found, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
