"""A day of observations, and what an agent concludes from them, with the evidence of each.

python examples/reflection.py
python examples/reflection.py --threshold 20
"""

import argparse
import asyncio
import tempfile
from pathlib import Path

from cogitate import MemoryStream, load_model

DAY = """\
08:10 Klara opened the bakery alone because Jonas was ill again.
09:00 Two customers asked for bread without nuts; there was none left.
10:30 Klara promised Mrs Duarte a cake for forty guests on Saturday.
11:15 The oven stopped for ten minutes, the third time this week.
13:00 Klara told Milo that she is afraid of losing the school contract.
14:20 The school called: they want the bread half an hour earlier from Monday.
16:00 Jonas wrote that he will be away until Thursday.
17:45 A customer said that the nut-free rolls are the reason why she comes."""


async def think(threshold: float, model: str | None) -> None:
    """Remember the day, reflect on it, and print each insight with what it rests on."""
    with tempfile.TemporaryDirectory() as folder:
        async with MemoryStream(Path(folder) / "day.db") as memory:
            await memory.remember_many(DAY.splitlines())
            for insight in await memory.reflect(load_model(model), threshold=threshold):
                print(f"\n{insight.text}")
                for record_id in insight.evidence:
                    record = await memory.get(record_id)
                    print(f"   because: {record.text if record else '(forgotten)'}")


def main() -> None:
    """Reflect on a day at the bakery."""
    parser = argparse.ArgumentParser(description="Conclusions with their evidence.")
    parser.add_argument("--threshold", type=float, default=20, help="summed importance to reflect")
    parser.add_argument("--model", help="a model's name; the embedded default when left out")
    options = parser.parse_args()
    asyncio.run(think(options.threshold, options.model))


if __name__ == "__main__":
    main()
