"""What memory is good for: the same questions under four masks, by score and by TrueSkill.

Each question to each person is one comparison of the masks, ranked by how right the answers
are; equal scores tie. What this module does not know: how questions come about.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from cogitate.agents.town.diary import read_log
from cogitate.agents.town.interview import MASKS, keep, visiting
from cogitate.agents.town.questions import CATEGORIES, Question, questions_for
from cogitate.agents.town.skill import Rating, rated

if TYPE_CHECKING:
    from cogitate.agents.town.town import Town


@dataclass
class Ablation:
    """What the interviews under each mask came to."""

    scores: dict[str, dict[str, list[float]]] = field(
        default_factory=lambda: {mask: {name: [] for name in CATEGORIES} for mask in MASKS}
    )
    """For each mask and category, how right the answers were, 0 to 1, in the same order."""
    skills: dict[str, Rating] = field(default_factory=lambda: dict.fromkeys(MASKS, Rating()))

    def add(self, category: str, scores: Sequence[float]) -> None:
        """Take in one question: the scores in the order of the masks."""
        for mask, score in zip(MASKS, scores, strict=True):
            self.scores[mask][category].append(score)
        ratings = rated([self.skills[mask] for mask in MASKS], [-score for score in scores])
        self.skills = dict(zip(MASKS, ratings, strict=True))

    def mean(self, mask: str, category: str | None = None) -> float:
        """Return the mean score of a mask, over one category or all."""
        rows = self.scores[mask]
        found = rows[category] if category else [s for each in rows.values() for s in each]
        return round(sum(found) / len(found), 3) if found else 0.0

    def as_dict(self) -> dict[str, Any]:
        """Return plain data: the table."""
        return {
            mask: {
                "mu": round(self.skills[mask].mu, 2),
                "sigma": round(self.skills[mask].sigma, 2),
                "mean": self.mean(mask),
                **{category: self.mean(mask, category) for category in CATEGORIES},
                "questions": sum(len(each) for each in self.scores[mask].values()),
            }
            for mask in MASKS
        }


async def ablate(
    town: "Town", most: int = 25, told: Callable[[str], None] | None = None
) -> Ablation:
    """Ask everybody the same questions under each mask.

    Args:
        town: a town that has lived at least an hour.
        most: how many questions each person is asked, of the categories in turn.
        told: called with a line for each person that was asked.
    """
    log = list(read_log(town.kept.log))
    names = [persona.name for persona in town.file.people]
    found = Ablation()
    async with visiting(town) as visitor:
        for persona in town.file.people:
            for question in in_turn(questions_for(town.file, log, persona))[:most]:
                scores = []
                for mask in MASKS:
                    asked = await visitor.ask(persona.id, question.text, mask)
                    keep(town.folder, asked)
                    scores.append(question.score(asked.answer, names, persona.name))
                found.add(question.category, scores)
            if told is not None:
                told(persona.id)
    return found


def in_turn(questions: Sequence[Question]) -> list[Question]:
    """Return questions with one of each category after the other."""
    rank: Counter[str] = Counter()
    found = []
    for question in questions:
        rank[question.category] += 1
        found.append((rank[question.category], question))
    return [question for _, question in sorted(found, key=lambda pair: pair[0])]


async def claims(town: "Town") -> dict[str, list[str]]:
    """Return who says in an interview to know which news."""
    found: dict[str, list[str]] = {}
    async with visiting(town) as visitor:
        for news in town.file.news:
            found[news.id] = [
                persona.id
                for persona in town.file.people
                if await visitor.knows(persona.id, news.text)
            ]
    return found
