"""A tree of thoughts plays the game of 24, with an exact check or with the model as judge.

python examples/tree_of_thoughts.py
python examples/tree_of_thoughts.py --judge value "Make 24 from 2, 4, 6 and 8."
"""

import argparse

from cogitate import Agent, Limits, load_model
from cogitate.planners.thoughts import thinking
from cogitate.planners.thoughts.export import as_tree, files_in, read_file
from cogitate.runs.store import FILES, RunStore

GOAL = "Make 24 from 2, 3, 4 and 7."


def main() -> None:
    """Search, print the answer, and the branches that led to it."""
    parser = argparse.ArgumentParser(description="The game of 24 by a tree of thoughts.")
    parser.add_argument("goal", nargs="?", default=GOAL)
    parser.add_argument("--judge", default="program", choices=["program", "value", "vote"])
    parser.add_argument("--beam", type=int, default=2, help="states that are kept at each level")
    parser.add_argument("--model", help="a model's name; the embedded default when left out")
    options = parser.parse_args()

    # Code lists the legal moves and checks the solution; the judge says what looks promising.
    way = thinking("tot", beam=options.beam, evaluate=options.judge)
    model = load_model(options.model, announce=print)
    agent = Agent(model=model, executor=way, limits=Limits(steps=20, seconds=600))
    result = agent.run(options.goal)

    print(f"{options.goal}\n-> {result.answer}")
    print(f"({result.stopped}; {result.usage.calls} model calls, {result.seconds:.0f} s)")
    for path in files_in(RunStore().root / result.run_id / FILES):
        lines = as_tree(read_file(path)).splitlines()
        print("\n".join(line for line in lines if "solved" in line or line.startswith("tot")))


if __name__ == "__main__":
    main()
