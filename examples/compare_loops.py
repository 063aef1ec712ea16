"""One goal under several loops: a chain of thought, a vote of programs, and the choice of auto.

python examples/compare_loops.py
python examples/compare_loops.py --loops standard,cot,sc,pot,pal,auto "17 * 23 + 4 = ?"
"""

import argparse

from cogitate import Agent, load_model, shipped_tools

GOAL = "A cistern holds 5,000 litres. Each day 130 are used and 45 flow in. What is left after 12?"


def main() -> None:
    """Print what each loop answers, and what that took."""
    parser = argparse.ArgumentParser(description="One goal under several loops.")
    parser.add_argument("goal", nargs="?", default=GOAL)
    parser.add_argument("--loops", default="cot,pot,auto", help="names, as `cogitate loops` says")
    parser.add_argument("--model", help="a model's name; the embedded default when left out")
    options = parser.parse_args()

    model = load_model(options.model, announce=print)
    for loop in options.loops.split(","):
        agent = Agent(model=model, tools=shipped_tools(["python"]), loop=loop)
        result = agent.run(options.goal)
        cost = f"{result.usage.calls} calls, {result.seconds:.1f} s"
        print(f"{loop:9} {result.answer}  ({result.stopped}, {cost})")


if __name__ == "__main__":
    main()
