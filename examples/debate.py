"""Three roles debate, a moderator chooses who speaks next and sums up; in English or Chinese.

python examples/debate.py
python examples/debate.py --lang zh
cogitate roleplay --scene examples/scenes/debate.toml
"""

import argparse
import asyncio
from pathlib import Path

from cogitate import load_model
from cogitate.agents.roleplay import Staged, Talk, read_scene
from cogitate.runs.events import Said

SCENES = Path(__file__).parent / "scenes"
FILES = {"en": "debate.toml", "zh": "debate_zh.toml"}


async def play(staged: Staged) -> None:
    """Print each message as it is said; then the summary, and how near each role kept to itself."""
    kept: list[Talk] = []
    async for event in staged.stream(keep=kept.append):
        if isinstance(event, Said):
            print(f"{event.turn}. {event.speaker}: {event.text}")
    print(f"\n{kept[0].summary}\n")
    for score in kept[0].drift:
        print(f"{score.role}: margin {score.margin}, drift {score.drift}, answers {score.answers}")


def main() -> None:
    """Let the roles of a scene file talk."""
    parser = argparse.ArgumentParser(description="A debate.")
    parser.add_argument("--lang", choices=tuple(FILES), default="en")
    parser.add_argument("--model", help="a model's name; the embedded default when left out")
    options = parser.parse_args()

    scene = read_scene(SCENES / FILES[options.lang])
    asyncio.run(play(Staged(scene=scene, model=load_model(options.model, announce=print))))


if __name__ == "__main__":
    main()
