"""A small town: somebody plans a dinner, and the news of it goes from one to the next.

python examples/town_dinner.py
python examples/town_dinner.py --lang zh --until 12:00
"""

import argparse
import asyncio
import tempfile
from pathlib import Path

from cogitate import load_model
from cogitate.agents.town import Town
from cogitate.runs.events import Happened

TOWNS = Path(__file__).parent / "towns"
FILES = {"en": TOWNS / "millbrook.toml", "zh": TOWNS / "liuxi.toml"}
QUESTIONS = {"en": "What is happening in town tonight?", "zh": "今晚镇上有什么事？"}


async def live(town: Town, until: str, question: str) -> None:
    """Let the town live until a time, tell what is said, and ask everybody about the evening."""
    names = {persona.id: persona.name for persona in town.file.people}
    async for event in town.stream(1, until):
        if not isinstance(event, Happened):
            continue
        line, time = event.line, event.line["time"][11:]
        if line["kind"] == "talked":
            for turn in line["turns"]:
                print(f"{time} {names[turn['who']]}: {turn['say']}")
        if line["kind"] == "committed":
            print(f"{time} * {names[line['who']]}: {line['what']}, {line['start']}-{line['end']}")
    print(question)
    for persona in town.file.people:
        print(f"{persona.name}: {(await town.interview(persona.id, question)).answer}")


def main() -> None:
    """Make a town in a new folder and let it live for a few hours."""
    parser = argparse.ArgumentParser(description="A dinner in a small town.")
    parser.add_argument("--lang", choices=sorted(FILES), default="en")
    parser.add_argument("--until", default="10:00", help="a time of the first day")
    parser.add_argument("--people", type=int, help="how many of the people live there")
    parser.add_argument("--folder", help="where the town is kept")
    parser.add_argument("--model", help="a model's name; the embedded default when left out")
    options = parser.parse_args()

    folder = options.folder or Path(tempfile.mkdtemp(prefix="town-")) / options.lang
    model = load_model(options.model, announce=print)
    town = Town.load(FILES[options.lang], model=model, folder=folder, people=options.people)
    asyncio.run(live(town, options.until, QUESTIONS[options.lang]))
    print(f"the town is in {folder}; `cogitate town resume {folder}` lets it go on")


if __name__ == "__main__":
    main()
