"""ps: Plan-and-Solve, PS+ (Wang et al. 2023): plan and solve in one call, then the answer alone.

It reasons in words and rests on no tool, so nothing checks its arithmetic but the model itself;
`compute` is the better way for sums. The second call only copies the answer out.
"""

import re

from langchain_core.messages import AIMessage, HumanMessage, SystemMessage

from cogitate.llm.decide import complete
from cogitate.planners.base import Turn, go_on, no_evidence
from cogitate.planners.grounding import unsupported_numbers
from cogitate.planners.ways.saying import is_chinese

PS_PROMPT = """\
Read the problem. List every quantity with a name and its unit. Write a numbered plan. Carry out \
each step and show the calculation. Finish with a line: Answer: <value>"""
PS_EXTRACT_PROMPT = """\
Say in one short sentence what answers the problem, with the value that the work ends with. Write \
in the language that is named."""

WORK_TOKENS = 600
_ANSWER = re.compile(r"(?:^|\n)\W*(?:Answer|答案|答)\s*[:：]\s*(.+)", re.IGNORECASE)


async def ps(turn: Turn) -> AIMessage:
    """Return the work as a thought first, then the answer that it ends with."""
    goal = turn.task.goal
    notes = "\n".join(turn.task.notes)
    problem = HumanMessage(f"Known:\n{notes}\nProblem: {goal}" if notes else f"Problem: {goal}")
    shown = [SystemMessage(PS_PROMPT), problem]
    if not turn.thoughts:
        work = await complete(turn.model, shown, purpose="ps", max_tokens=WORK_TOKENS)
        return go_on(partial=_last(work), work=work)
    work = str(turn.thoughts[0]["work"])
    if not work.strip():
        return no_evidence("the model wrote nothing")
    language = "Chinese" if is_chinese(goal) else "English"
    shown += [AIMessage(work), HumanMessage(f"{PS_EXTRACT_PROMPT}\nLanguage: {language}")]
    said = await complete(turn.model, shown, purpose="answer", stop=["\n"], max_tokens=100)
    said = " ".join(said.split())
    # What the work does not hold was made up while copying.
    if not said or unsupported_numbers(said, [work, goal, *turn.task.notes]):
        return AIMessage(_last(work))
    return AIMessage(said)


def _last(work: str) -> str:
    """Return what stands after "Answer:", or the last line."""
    found = _ANSWER.findall(work)
    lines = [line.strip() for line in work.strip().split("\n") if line.strip()]
    return str(found[-1]).strip() if found else (lines[-1] if lines else "")
