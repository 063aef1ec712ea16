"""A stock trader instructs a Python programmer, whose programs are run; in English or Chinese.

python examples/roleplay_trader_programmer.py
python examples/roleplay_trader_programmer.py --lang zh
cogitate roleplay --assistant "Python Programmer" --user "Stock Trader" --task "..." --planner
"""

import argparse
import asyncio

from cogitate import RolePlay, load_model, shipped_tools
from cogitate.agents.roleplay import Play
from cogitate.runs.events import Said

ROLES = {"en": ("Python Programmer", "Stock Trader"), "zh": ("Python程序员", "股票交易员")}
IDEAS = {
    "en": "from the closing prices 101.5, 99.8, 103.2, 104.0, 102.1, 106.4 compute the average of "
    "the last three days and say whether the last price lies above it",
    "zh": "由收盘价101.5、99.8、103.2、104.0、102.1、106.4算出最后三天的平均价，"
    "并说明最后一天的价格是否高于它",
}


async def play(session: RolePlay) -> None:
    """Print each message as it is said, and how the session ended."""
    kept: list[Play] = []
    async for event in session.stream(keep=kept.append):
        if isinstance(event, Said):
            print(f"--- {event.turn}. {event.speaker}\n{event.text}")
    done = kept[0]
    print(f"\n{done.summary}\n({done.termination} after {done.turns} turns; {done.why})")
    print(f"transcript: {done.result.artefacts[-2]}")


def main() -> None:
    """Play one session."""
    parser = argparse.ArgumentParser(description="A role-play with a tool.")
    parser.add_argument("--lang", choices=tuple(ROLES), default="en")
    parser.add_argument("--model", help="a model's name; the embedded default when left out")
    options = parser.parse_args()

    assistant, user = ROLES[options.lang]
    model = load_model(options.model, announce=print)
    tools = shipped_tools(["python"])
    task = IDEAS[options.lang]
    asyncio.run(
        play(
            RolePlay(
                assistant=assistant, user=user, task=task, model=model, tools=tools, planner=True
            )
        )
    )


if __name__ == "__main__":
    main()
