"""listing: all that a text says of some kind, line by line: dates, people, things to do.

Of each sentence the model is asked whether it gives what is listed, alone: no list is written
from memory, and each line can be found in its text.
"""

from langchain_core.messages import AIMessage

from cogitate.planners.base import Turn, no_evidence
from cogitate.planners.gates import gives
from cogitate.planners.ways.read import citation
from cogitate.planners.ways.saving import conclude, concluded
from cogitate.planners.ways.texts import asked_in_chinese, read_on, sentences_of, texts_of, unread
from cogitate.values import Hit

GIVES = 0.0
"""Log-odds above which a sentence is listed."""
MOST_ASKED = 80


async def listing(turn: Turn) -> AIMessage:
    """Read the texts that are meant, and list their sentences that give what is asked for."""
    if said := concluded(turn):
        return said
    if more := read_on(turn):
        return more
    found: list[str] = []
    goal, texts, asked = turn.task.goal, texts_of(turn), 0
    for text in texts:
        lines = text.text.split("\n")
        for number, line in enumerate(lines, start=1):
            for sentence in sentences_of(line):
                asked += 1
                if asked <= MOST_ASKED and await gives(turn.model, sentence, goal) > GIVES:
                    hit = Hit(path=text.path, line=number, text=sentence, score=1.0)
                    found.append(f"- {sentence} {citation(goal, hit)}")
    if not found:
        return no_evidence("no sentence of the texts gives what is to be listed")
    chinese = asked_in_chinese(goal, *(text.path for text in texts))
    notes = [_passed_over(asked - MOST_ASKED, chinese=chinese), unread(turn)]
    return conclude(turn, AIMessage("\n".join([*found, *filter(None, notes)])))


def _passed_over(count: int, *, chinese: bool) -> str:
    if count <= 0:
        return ""
    if chinese:
        return f"（还有 {count} 个句子没有看。）"
    return f"({count} more sentences were not looked at.)"


__all__ = ["listing"]
