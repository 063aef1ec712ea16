"""A program of small steps that pauses at tools, after worked examples of similar tasks (ART).

python examples/small_steps.py
python examples/small_steps.py "一箱有24瓶水，每瓶1.5元。买7箱要多少元？"
"""

import argparse
from pathlib import Path

from cogitate import Agent, load_model, shipped_tools
from cogitate.planners.loops.art import TaskLibrary

GOAL = "A group buys 12 tickets at 14 euros each and gets 15 % off. What does it pay?"


def main() -> None:
    """Show which tasks of the library are near, the program, and the answer."""
    parser = argparse.ArgumentParser(description="Small steps after worked examples.")
    parser.add_argument("goal", nargs="?", default=GOAL)
    parser.add_argument("--model", help="a model's name; the embedded default when left out")
    options = parser.parse_args()

    near = TaskLibrary.load().select(options.goal)
    print("worked examples:", ", ".join(record.id for record in near))
    model = load_model(options.model, announce=print)
    agent = Agent(model=model, tools=shipped_tools(["calculate", "python"]), loop="art")
    result = agent.run(options.goal)
    for path in result.artefacts:
        print(Path(path).read_text(encoding="utf-8"))
    print(f"{result.answer} ({result.stopped})")


if __name__ == "__main__":
    main()
