"""A graph of thoughts sorts a list: cut in parts, sorted, merged, corrected, each checked.

python examples/graph_of_thoughts.py
python examples/graph_of_thoughts.py --branches 5 "Sort in ascending order: 3, 1, 4, 1, 5, 9, 2, 6"
"""

import argparse
import random

from cogitate import Agent, Limits, load_model
from cogitate.planners.thoughts import thinking


def main() -> None:
    """Sort a list of digits by a graph, and by one chain for comparison."""
    parser = argparse.ArgumentParser(description="Sorting by a graph of thoughts.")
    parser.add_argument("goal", nargs="?", help="what is to be sorted; 12 digits when left out")
    parser.add_argument("--branches", type=int, default=2, help="tries for each part")
    parser.add_argument("--model", help="a model's name; the embedded default when left out")
    options = parser.parse_args()
    digits = random.Random(7).choices(range(10), k=12)
    goal = options.goal or f"Sort in ascending order: {', '.join(map(str, digits))}"

    model = load_model(options.model, announce=print)
    limits = Limits(steps=40, tokens=60_000, seconds=600)
    print(goal)
    for name in ("cot", "got"):
        way = thinking(name, branches=options.branches)
        result = Agent(model=model, executor=way, limits=limits).run(goal)
        print(f"{name}: {result.answer}")
        print(f"   ({result.stopped}; {result.usage.written} tokens written)")


if __name__ == "__main__":
    main()
