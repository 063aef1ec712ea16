"""Twenty-five questions to a person about a day, with answers that code finds in the log.

Five each on oneself, memory, plans, reactions and reflections, as in the paper's interviews, but
each with a gold answer: names, or words of which some must be in the answer. What this module
does not know: who answers.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from cogitate.agents.town.clock import hhmm, minutes_of
from cogitate.agents.town.diary import Line
from cogitate.agents.town.metrics import metrics
from cogitate.agents.town.people import Persona
from cogitate.agents.town.settings import Language, TownFile
from cogitate.words import words as content

CATEGORIES = ("self", "memory", "plans", "reactions", "reflections")
ENOUGH = 2
"""Words of the gold answer that make an answer right; one makes half of it."""
_NO = re.compile(r"(?i)\b(?:no|not|don't|didn't|nothing|never)\b|[没不]")


@dataclass(frozen=True, kw_only=True)
class Question:
    """One question with its gold answer."""

    id: str
    category: str
    text: str
    names: tuple[str, ...] | None = None
    """The names that the answer must give, and no others of the town."""
    words: tuple[str, ...] = ()
    """Words of which two, or all when there are fewer, make the answer right."""
    yes: bool | None = None
    """Whether the answer must agree."""

    def score(self, answer: str, everybody: Sequence[str], me: str) -> float:
        """Return how right an answer is, 0 to 1."""
        if self.yes is not None:
            return float(bool(answer.strip()) and bool(_NO.search(answer)) != self.yes)
        if self.names is not None:
            return _f1({n for n in everybody if n in answer and n != me}, set(self.names))
        own = {*content(answer)}
        wanted = {*self.words}
        return min(1.0, len(own & wanted) / min(ENOUGH, len(wanted))) if wanted else 0.0


def _f1(found: set[str], gold: set[str]) -> float:
    if not gold:
        return float(not found)
    shared = len(found & gold)
    return 2 * shared / (len(found) + len(gold)) if shared else 0.0


TEXTS: Mapping[str, tuple[str, str]] = {
    "age": ("How old are you?", "你多大年纪？"),
    "traits": ("What are you like, in a few words?", "用几个词说说你是什么样的人？"),
    "work": ("What do you do in this town?", "你在镇上做什么？"),
    "now": ("What is on your mind these days?", "这些天你在想什么事？"),
    "relation": ("Who is {other} to you?", "{other}是你什么人？"),
    "talked": ("With whom did you talk today?", "你今天和谁说过话？"),
    "where": ("Where were you at {time} today?", "你今天{time}在哪里？"),
    "doing": ("What were you doing at {time} today?", "你今天{time}在做什么？"),
    "told": ("What did {other} tell you today?", "{other}今天对你说了什么？"),
    "heard": ("Have you heard of this: {news}", "你听说过这件事吗：{news}"),
    "planned": ("What did you plan to do at {time} today?", "你今天{time}本来打算做什么？"),
    "arranged": ("What had you arranged with others for today?", "你今天和别人约好了什么？"),
    "evening": ("What did you plan for the evening?", "你今天晚上打算做什么？"),
    "first": ("What did you plan first for today, after getting up?", "你今天起床后先打算做什么？"),
    "until": ("What did you plan for the afternoon?", "你今天下午打算做什么？"),
    "free": (
        "If somebody had invited you for {time} today, would you have been free?",
        "如果有人今天{time}约你，你有空吗？",
    ),
    "meet": (
        "You meet {other} tomorrow. What do you speak about?",
        "明天你遇到{other}，会说什么？",
    ),
    "news": (
        "Somebody asks you for the news of the town. What do you tell?",
        "有人向你打听镇上的新鲜事，你说什么？",
    ),
    "noon": ("You are hungry at noon. Where do you go?", "中午饿了，你去哪里？"),
    "help": ("You need help with your work. Whom do you ask?", "你做事需要帮忙，会找谁？"),
    "most": ("With whom did you spend the most time today?", "你今天和谁在一起的时间最长？"),
    "best": ("Whom in this town do you know?", "镇上的人你认识谁？"),
    "learned": ("What new thing did you learn today?", "你今天知道了什么新的事？"),
    "matters": ("What matters to {other}?", "{other}看重什么？"),
    "remember": ("What will you remember of today?", "今天的事你会记住什么？"),
}
"""All questions, English and Chinese."""


class Day:
    """What the log says of one person's day."""

    def __init__(self, town: TownFile, log: Sequence[Line], who: Persona) -> None:
        self.me = who
        self.names = {persona.id: persona.name for persona in town.people}
        self.town = town
        self.talks = [t for t in log if t["kind"] == "talked" and who.id in t["between"]]
        self.ticks = [line for line in log if line["kind"] == "tick"]
        plans = [line for line in log if line["kind"] == "planned" and line["who"] == who.id]
        self.blocks = plans[-1]["blocks"] if plans else []
        self.commitments = [c for c in log if c["kind"] == "committed" and c["who"] == who.id]
        self.memories = _memories(log, who.id)
        self.known = {d.news: who.id in d.know for d in metrics(town, log).diffusion}

    def partners(self) -> list[str]:
        """Return the ids of those talked with, the most first."""
        counts = Counter(other for t in self.talks for other in t["between"] if other != self.me.id)
        return [who for who, _ in sorted(counts.items(), key=lambda item: (-item[1], item[0]))]

    def at(self, minute: int) -> Line:
        """Return where the person was, and doing what, at a minute of the day."""
        for tick in self.ticks:
            if tick["time"][11:] == hhmm(minute):
                return dict(tick["people"][self.me.id])
        return {"place": "", "activity": "", "asleep": True}

    def company(self) -> list[str]:
        """Return the ids of those who were in the same place, the longest first."""
        counts: Counter[str] = Counter()
        for tick in self.ticks:
            mine = tick["people"][self.me.id]
            for other, at in tick["people"].items():
                together = other != self.me.id and at["place"] == mine["place"]
                counts[other] += together and not mine["asleep"] and not at["asleep"]
        return [
            who for who, _ in sorted(counts.items(), key=lambda i: (-i[1], i[0])) if counts[who]
        ]

    def said_by(self, other: str) -> str:
        """Return all that somebody said to the person."""
        return " ".join(
            turn["say"]
            for talk in self.talks
            if other in talk["between"]
            for turn in talk["turns"]
            if turn["who"] == other
        )

    def planned(self, first: int, last: int) -> str:
        """Return what was planned between two minutes of the day."""
        return " ".join(
            block["what"]
            for block in self.blocks
            if not block["rest"]
            and minutes_of(block["start"]) < last
            and minutes_of(block["end"]) > first
        )


def _memories(log: Sequence[Line], who: str) -> list[Line]:
    found: list[Line] = []
    for line in log:
        if line.get("who") == who and line["kind"] == "remembered":
            found.append(line["memory"])
        elif line.get("who") == who and line["kind"] == "reflected":
            found += line["insights"]
    return found


def questions_for(town: TownFile, log: Sequence[Line], who: Persona) -> list[Question]:
    """Return the 25 questions to a person, five of each category."""
    day, ask = Day(town, log, who), _Asking(town.language)
    known = [other for other in who.knows if other in day.names]
    partner = (day.partners() or known or [who.id])[0]
    other = (known or [partner])[0]
    return [
        *_about_self(ask, day, other),
        *_about_memory(ask, day, partner),
        *_about_plans(ask, day),
        *_about_reactions(ask, day, partner),
        *_about_reflections(ask, day, partner),
    ]


@dataclass(frozen=True)
class _Asking:
    language: Language

    def __call__(
        self,
        category: str,
        key: str,
        gold: str | Iterable[str] | bool,
        *,
        named: bool = False,
        **filled: str,
    ) -> Question:
        text = TEXTS[key][self.language == "zh"].format(**filled)
        names = tuple(gold) if named and not isinstance(gold, str | bool) else None
        words = tuple(dict.fromkeys(content(gold))) if isinstance(gold, str) else ()
        yes = gold if isinstance(gold, bool) else None
        return Question(id=key, category=category, text=text, names=names, words=words, yes=yes)


def _about_self(ask: _Asking, day: Day, other: str) -> list[Question]:
    me = day.me
    return [
        ask("self", "age", str(me.age)),
        ask("self", "traits", me.traits),
        ask("self", "work", me.about),
        ask("self", "now", me.now or me.about),
        ask("self", "relation", me.knows.get(other, ""), other=day.names[other]),
    ]


def _about_memory(ask: _Asking, day: Day, partner: str) -> list[Question]:
    where, doing = day.at(10 * 60), day.at(15 * 60)
    news = next((n for n in day.town.news if day.me.id not in n.who), None)
    names = [day.names[each] for each in day.partners()]
    found = [
        ask("memory", "talked", names, named=True),
        ask("memory", "where", where["place"], time="10:00"),
        ask("memory", "doing", doing["activity"], time="15:00"),
        ask("memory", "told", day.said_by(partner), other=day.names[partner]),
    ]
    if news is not None:
        found.append(ask("memory", "heard", day.known[news.id], news=news.text))
    return found


def _about_plans(ask: _Asking, day: Day) -> list[Question]:
    arranged = " ".join(c["what"] + " " + c["start"] for c in day.commitments)
    first = day.planned(day.me.wake + 30, day.me.wake + 180)
    return [
        ask("plans", "planned", day.planned(660, 661), time="11:00"),
        ask("plans", "arranged", arranged) if arranged else ask("plans", "arranged", False),
        ask("plans", "evening", day.planned(1080, 1260)),
        ask("plans", "first", first),
        ask("plans", "until", day.planned(780, 1020)),
    ]


def _about_reactions(ask: _Asking, day: Day, partner: str) -> list[Question]:
    busy = any(minutes_of(c["start"]) <= 1110 < minutes_of(c["end"]) for c in day.commitments)
    news = " ".join(n.text for n in day.town.news if day.known[n.id])
    said = " ".join(turn["say"] for talk in day.talks for turn in talk["turns"])
    about = " ".join(
        turn["say"] for t in day.talks if partner in t["between"] for turn in t["turns"]
    )
    helpers = [day.names[each] for each in {**dict.fromkeys(day.me.knows), partner: None}]
    return [
        ask("reactions", "free", not busy, time="18:30"),
        ask("reactions", "meet", about or day.names[partner], other=day.names[partner]),
        ask("reactions", "news", news or said or day.me.now),
        ask("reactions", "noon", day.at(12 * 60 + 30)["place"]),
        ask("reactions", "help", " ".join(helpers)),
    ]


def _about_reflections(ask: _Asking, day: Day, partner: str) -> list[Question]:
    other = next(p for p in day.town.people if p.id == partner)
    longest = [day.names[each] for each in day.company()[:1]]
    talk_notes = [m["text"] for m in day.memories if m.get("talk")]
    insights = [m["text"] for m in day.memories if m["kind"] == "reflection"]
    weighty = sorted(day.memories, key=lambda m: -(m["importance"] or 3))[:6]
    known = [day.names[each] for each in dict.fromkeys([*day.me.knows, *day.partners()])]
    return [
        ask("reflections", "most", longest, named=True),
        ask("reflections", "best", known, named=True),
        ask("reflections", "learned", " ".join([*talk_notes, *insights])),
        ask("reflections", "matters", f"{other.about} {other.now}", other=other.name),
        ask("reflections", "remember", " ".join(m["text"] for m in weighty)),
    ]
