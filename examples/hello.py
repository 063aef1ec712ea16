"""The smallest agent: a model, the python tool and a goal.

python examples/hello.py
python examples/hello.py "How many prime numbers are there below 500?"
"""

import argparse

from cogitate import Agent, load_model, shipped_tools

GOAL = "What is the 37th Fibonacci number divided by 13, to two decimals?"


def main() -> None:
    """Ask the agent and print its answer."""
    parser = argparse.ArgumentParser(description="The smallest agent.")
    parser.add_argument("goal", nargs="?", default=GOAL)
    parser.add_argument("--model", help="a model's name; the embedded default when left out")
    options = parser.parse_args()

    model = load_model(options.model, announce=print)  # the first use downloads the model
    agent = Agent(model=model, tools=shipped_tools(["python"]))
    result = agent.run(options.goal)

    print(result.answer)
    print(f"({result.stopped} after {result.steps} steps and {result.seconds:.1f} s)")


if __name__ == "__main__":
    main()
