"""Questions about text files, in English and Chinese: every answer cites its file and line.

python examples/ask_my_files.py
python examples/ask_my_files.py --folder ~/notes "When does the contract end?"
"""

import argparse
from pathlib import Path

from cogitate import Agent, Limits, load_model, shipped_tools

DATA = Path(__file__).parent / "data"
GOALS = ["Which file mentions the blue shelf, and on which line?", "谁负责仓库盘点？"]


def main() -> None:
    """Ask each question; where the files do not say, say so."""
    parser = argparse.ArgumentParser(description="Questions about text files.")
    parser.add_argument("goal", nargs="*", default=GOALS)
    parser.add_argument("--folder", default=DATA, help="the folder that may be read")
    parser.add_argument("--model", help="a model's name; the embedded default when left out")
    options = parser.parse_args()

    agent = Agent(
        model=load_model(options.model, announce=print),
        tools=shipped_tools(["list_files", "read_file", "search_files"]),
        folder=options.folder,
        limits=Limits(steps=8, seconds=120),
    )
    for goal in options.goal:
        result = agent.run(goal)
        print(f"{goal}\n-> {result.answer}")
        if not result.ok:
            print(f"   (no answer: {result.stopped})")


if __name__ == "__main__":
    main()
