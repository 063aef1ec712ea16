"""A brain of rules for towns: it answers each question by what the question says.

It is for logic only. It reads the prompt as a person would, so it also shows that the prompts
hold what is needed to answer.
"""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from langchain_core.messages import AIMessage, BaseMessage

from cogitate.agents.town import Town
from cogitate.agents.town.diary import Line, read_log
from cogitate.llm.scripted import ScriptedModel, Seen

FILE = Path(__file__).parents[3] / "examples" / "towns" / "millbrook.toml"

PLANS = {
    "isabella": ("opening the dining room of Rosa's Cafe", "serving guests in Rosa's Cafe"),
    "tom": ("opening the Aldous Grocery", "having lunch at Rosa's Cafe"),
    "maya": ("drawing at Rosa's Cafe", "reading in the Library"),
    "henry": ("playing chess in River Park", "reading old papers in the Library"),
    "lena": ("working in the Library", "having lunch at Rosa's Cafe"),
}


class Brain(ScriptedModel):
    """A scripted model whose next reply is a function of what it is shown."""

    replies: Any = ()

    def _next(self, messages: list[BaseMessage], options: dict[str, Any]) -> AIMessage:
        schema = options.get("schema")
        self._seen.append(Seen(messages=tuple(messages), schema=schema))
        text = "\n".join(message.text for message in messages[7:])
        fields = [] if schema is None else list(schema.model_fields)
        return self._counted(messages, AIMessage(self.answer(text, fields)))

    def answer(self, text: str, fields: list[str]) -> str:
        """Return the JSON of an answer."""
        name = found[1] if (found := re.search(r"This is about (\w+)", text)) else ""
        data: dict[str, Any] = {}
        if fields and fields[0].startswith("at_"):
            first, second = PLANS.get(name.lower(), ("walking in River Park", "reading at home"))
            data = {
                f"{time} {part}": (
                    second if part == "lunch" else first if time < "17" else "resting at home"
                )
                for time, part in re.findall(r"(\d\d:\d\d) \(([^)]+)\)", text)
            }
        elif fields == ["pieces"]:
            what = re.search(r"\d\d:\d\d \w+: (.+)\. What is", text)
            activity = what[1] if what else "working"
            data = {
                "pieces": [
                    {"minutes": 30, "what": f"{activity} first"},
                    {"minutes": 30, "what": f"{activity} again"},
                ]
            }
        elif fields == ["say", "end"]:
            data = self.says(name, text)
        elif fields == ["remember"]:
            other = re.search(r"You talk with (\w+)\.", text)
            news = re.findall(r"\w+ says: (.+)", text.partition("The talk begins.")[2])
            data = {"remember": f"{other[1] if other else 'They'} said: {news[-1] if news else ''}"}
        elif fields == ["choice"]:
            data = {"choice": self.chooses(text)}
        elif fields == ["questions"]:
            data = {
                "questions": [
                    "What does Isabella care about?",
                    "What is new in Millbrook?",
                    "Who meets whom?",
                ]
            }
        elif fields == ["insights"]:
            data = {"insights": ["Isabella cares for the neighbours of Millbrook."]}
        elif fields == ["activity"]:
            data = {"activity": "taking a walk in River Park"}
        elif "Question: " in text:
            return self.tells(text)
        return json.dumps(data, ensure_ascii=False)

    def says(self, name: str, text: str) -> dict[str, Any]:
        """Return the next line of a talk."""
        talk = re.sub(r"You speak first\..*", "", text.partition("The talk begins.")[2])
        if "wants to invite" in text and "dinner" not in talk:
            return {"say": "I give a dinner at 18:00 in the cafe. Will you come?", "end": False}
        if "dinner" in talk and '"say"' not in talk:
            return {"say": "Gladly, I will come to the dinner.", "end": True}
        if "was sold" in text and "mill" not in talk:
            return {"say": "Have you heard that the old mill was sold?", "end": False}
        return {"say": f"Good day, says {name}. The weather is fine.", "end": True}

    def tells(self, text: str) -> str:
        """Return an answer to an interview: the facts that were shown, or that there are none."""
        facts = re.findall(r"- \[[\d: -]+\] (.+)", text)
        return " / ".join(facts) or "I don't know."

    def chooses(self, text: str) -> str:
        """Return an option."""
        if "Answer yes or no" in text:
            return "yes"
        return "1"


MakeTown = Callable[..., Town]


@pytest.fixture
def make_town(tmp_path: Path) -> MakeTown:
    """Return what makes a town of the example's people in a folder of its own."""

    def make(name: str = "town", **options: Any) -> Town:
        given: dict[str, Any] = {"model": Brain(), "embeddings": "hashed", **options}
        return Town.load(given.pop("file", FILE), folder=tmp_path / name, **given)

    return make


@pytest.fixture
def lines() -> Callable[..., list[Line]]:
    """Return what reads the log of a town, or its lines of some kinds."""

    def read(town: Town, *kinds: str) -> list[Line]:
        return [line for line in read_log(town.kept.log) if not kinds or line["kind"] in kinds]

    return read


@pytest.fixture
def brain() -> type[Brain]:
    """Return the brain."""
    return Brain
