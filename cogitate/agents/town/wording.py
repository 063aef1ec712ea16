"""What the people of a town are shown, in their language: prompts, and words for what code says.

A prompt begins with what all people share (`common`), then comes the person (`identity`), and
only then what changes, so that a local model reads the head once. What this module does not
know: when something is asked.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage

from cogitate.agents.town.people import Person, Persona
from cogitate.agents.town.settings import Language, TownFile
from cogitate.agents.town.world import BETWEEN, World

_UNFINISHED = re.compile(
    r"(?: (?:in|at|on|to|of|for|with|and|from|by|the|a|an|her|his|their|before|after|some))+$"
)
"""Words with which no activity ends: what came after them was cut off."""
ROOM = 55
"""Characters that an activity may have after its first word; one that takes them all was cut."""


@dataclass(frozen=True, kw_only=True)
class Wording:
    """All texts of one language. Fields in braces are filled in."""

    common: str
    identity: str
    day_plan: str
    pieces: str
    place: str
    react: str
    new_activity: str
    talk: str
    talk_begin: str
    after_talk: str
    accepted: str
    agreed: str
    interview: str
    knows_about: str
    planned_for: str
    asleep: str
    morning: str
    doing: str
    doing_ing: str
    doing_s: str
    object_is: str
    talking: str
    talk_memory: str
    seen_talk: str
    commitment: str
    coming: str
    nothing: str
    first_day: str
    stranger: str
    aim_invite: str
    aim_tell: str
    aim_chat: str
    says: str
    always_open: str
    open_hours: str
    home_of: str
    closed_place: str
    meeting: str
    person_line: str
    yesterday: str
    weekdays: tuple[str, ...]
    date: str
    separator: str
    list_mark: str
    example: tuple[str, ...]
    """A talk of others, a human's and the model's messages in turn: small models need one."""
    slots: tuple[str, ...]
    """Names of the parts of a day: of the one after getting up, and of each of `STARTS`."""
    activity: str
    """A regular expression of an activity: small models write about other people, or sentences."""
    farewell: str
    """A regular expression of words with which people part."""
    reply: str
    """One of words with which people answer: no talk begins with them."""
    tonight: str
    waiting: str

    def does(self, name: str, activity: str) -> str:
        """Return that somebody does something, as a sentence."""
        first = activity.split(" ")[0]
        pattern = self.doing
        if first.endswith("ing"):
            pattern = self.doing_ing
        elif first.isascii() and first.endswith("s"):
            pattern = self.doing_s
        return pattern.format(name=name, activity=activity)


def wording_of(language: Language) -> Wording:
    """Return the texts of a language."""
    if language == "zh":
        from cogitate.agents.town.chinese import CHINESE

        return CHINESE
    from cogitate.agents.town.english import ENGLISH

    return ENGLISH


class Prompts:
    """The messages of each question to a person of one town."""

    def __init__(self, town: TownFile) -> None:
        self.words = wording_of(town.language)
        names = {persona.id: persona.name for persona in town.people}
        self._common = self.words.common.format(
            town=town.name,
            places=places_text(town.world, names, self.words),
            people="\n".join(
                self.words.person_line.format(name=p.name, about=_first_sentence(p.about))
                for p in town.people
            ),
        )
        self._identities = {p.id: self._identity(p, names) for p in town.people}

    def _identity(self, persona: Persona, names: dict[str, str]) -> str:
        knows = self.words.separator.join(
            f"{names[other]} ({how})" for other, how in persona.knows.items() if other in names
        )
        return self.words.identity.format(
            name=persona.name,
            age=persona.age,
            traits=persona.traits,
            about=persona.about,
            now=persona.now,
            knows=knows or self.words.nothing,
        ).strip()

    def ask(self, person: Person, question: str) -> list[BaseMessage]:
        """Return the messages of a question: what is common, who it is, and the question."""
        identity = self._identities[person.id]
        shown = [
            AIMessage(text) if number % 2 else HumanMessage(text)
            for number, text in enumerate(self.words.example)
        ]
        asked = HumanMessage(f"{identity}\n\n{question.strip()}")
        return [SystemMessage(self._common), *shown, asked]


def places_text(world: World, names: dict[str, str], words: Wording) -> str:
    """Return the world as lines: each place with its objects and its hours."""
    found = []
    for arena in world.arenas.values():
        marks = []
        if arena.owner:
            marks.append(words.home_of.format(name=names.get(arena.owner, arena.owner)))
        if arena.hours:
            marks.append(words.open_hours.format(hours=arena.hours))
        about = words.separator.join(arena.objects)
        tail = f" ({words.separator.join(marks)})" if marks else ""
        found.append(f"{words.list_mark}{place_name(arena.path)}{tail}: {about}")
    return "\n".join(found)


def place_name(path: str) -> str:
    """Return a path as it is said: the sector and the arena with a comma."""
    return ", ".join(path.split(BETWEEN)[:2])


def listed(lines: Sequence[str], words: Wording) -> str:
    """Return lines with marks before them, or that there are none."""
    return "\n".join(f"{words.list_mark}{line}" for line in lines) or words.nothing


def activity_of(text: str, name: str) -> str:
    """Return an activity as it is kept: on one line, without whose it is and a full stop."""
    line = " ".join(text.split()).rstrip(".。")
    if len(line.partition(" ")[2]) >= ROOM:
        line = line.rpartition(" ")[0]  # its last word was cut
    line = _UNFINISHED.sub("", line)
    for head in (f"{name} is ", f"{name} ", f"{name}：", name, "she ", "he ", "She ", "He "):
        if line.startswith(head) and len(line) > len(head):
            line = line.removeprefix(head)
            break
    if not line.isascii() or line[:1] not in "ABCDEFGHIJKLMNOPQRSTUVWXYZ":
        return line
    return line[0].lower() + line[1:] if line.split(" ")[0][1:].islower() else line


def _first_sentence(text: str) -> str:
    for mark in (". ", "。"):
        if mark in text:
            return text.split(mark)[0] + mark.strip()
    return text
