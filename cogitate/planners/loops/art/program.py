"""The form of a program of steps: what is written, what is read, what a step may do.

program := step+ "ANSWER: " text
step    := number ". [" operation "] " text NEWLINE "=> " result NEWLINE
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

ARROW = "=> "
END = "ANSWER: "
THINK = "think"
"""The operation that needs no tool: the model writes the result itself."""
SUM = "calc"
"""The operation whose text is a sum."""
MOST_STEPS = 8
LONGEST_STEP = 240

_STEP = re.compile(r"(\d+)\. \[(\w+)\] (.+)")


@dataclass(frozen=True, kw_only=True)
class ProgramStep:
    """One step: its operation, what is to be done, and what came of it; None when not yet."""

    operation: str
    text: str
    result: str | None = None


def parse(text: str) -> tuple[list[ProgramStep], str | None]:
    """Return the steps of a program, whole or not, and its answer if it has one.

    Raises:
        ValueError: a line is no part of a program; it is named.
    """
    steps: list[ProgramStep] = []
    answer: str | None = None
    for line in text.strip().split("\n"):
        found = _STEP.fullmatch(line.strip())
        if answer is not None:
            raise ValueError(f"after the answer comes {line!r}")
        if found:
            if int(found[1]) != len(steps) + 1:
                raise ValueError(f"step {len(steps) + 1} is numbered {found[1]}")
            steps.append(ProgramStep(operation=found[2], text=found[3].strip()))
        elif line.startswith(ARROW.strip()) and steps and steps[-1].result is None:
            result = line.removeprefix(ARROW.strip()).strip()
            steps[-1] = ProgramStep(
                operation=steps[-1].operation, text=steps[-1].text, result=result
            )
        elif line.startswith(END.strip()):
            answer = line.removeprefix(END.strip()).strip()
        elif line.strip():
            raise ValueError(f"{line!r} is neither a step, a result nor the answer")
    return steps, answer


def written(steps: Iterable[ProgramStep], answer: str | None = None) -> str:
    """Return a program as text, ready to be written on."""
    lines = []
    for number, step in enumerate(steps, start=1):
        lines.append(f"{number}. [{step.operation}] {step.text}\n")
        lines.append(ARROW if step.result is None else f"{ARROW}{step.result}\n")
    return "".join([*lines, f"{END}{answer}" if answer is not None else ""])


def step_grammar(number: int, operations: Iterable[str]) -> str:
    """Return the Lark grammar of the next line: a step with a known operation, or the answer.

    A sum is written without words and without its result, which is the tool's to give. An answer
    needs no end of line: a model that must write one before it may stop goes on with remarks.
    """
    names = [f'"{name}"' for name in operations if name != SUM]
    first = "step" if number == 1 else "step | last" if number <= MOST_STEPS else "last"
    rules = [
        f"start: {first}",
        f'last: "{END}" /[^\\n]{{1,{LONGEST_STEP}}}/',
        f"text: /[^\\n]{{1,{LONGEST_STEP}}}\\n/",
    ]
    if number > MOST_STEPS:
        return "\n".join(rules)
    other = f'"{number}. [" op "] " text'
    if SUM in operations:
        rules += [
            f"step: sum | {other}",
            f'sum: "{number}. [{SUM}] " /[-+*\\/().,%^ 0-9]{{1,80}}\\n/',
        ]
    else:
        rules.append(f"step: {other}")
    return "\n".join([*rules, f"op: {' | '.join(names)}"])


def without_result(step: ProgramStep) -> ProgramStep:
    """Return a step as it is carried out: of a sum only what stands before the first "="."""
    text = step.text.partition("=")[0].strip() if step.operation == SUM else step.text
    return ProgramStep(operation=step.operation, text=text or step.text, result=step.result)
