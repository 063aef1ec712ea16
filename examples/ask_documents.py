"""Questions about a folder of documents (PDF, Word, HTML, Markdown, text), answered with [n].

python examples/ask_documents.py
python examples/ask_documents.py --folder ~/papers "What did the boiler cost?"
"""

import argparse
import asyncio
import tempfile
from pathlib import Path

from cogitate import Agent, MemoryStream, load_model
from cogitate.memory.documents import index
from cogitate.memory.documents.library import Library
from cogitate.tools.retrieve import retrieve_tool

DATA = Path(__file__).parent / "data"
GOALS = ["Which shelf is the label printer on?", "谁负责仓库盘点？"]


async def ask(folder: Path, goals: list[str], model: str | None) -> None:
    """Index the folder, then answer each question from passages, each sentence cited."""
    with tempfile.TemporaryDirectory() as place:
        async with MemoryStream(Path(place) / "documents.db") as stream:
            report = await index([folder], stream)
            print(f"{report.chunks} chunks; skipped: {len(report.skipped)}")
            tools = [retrieve_tool(Library(stream, root=folder))]
            agent = Agent(model=load_model(model, announce=print), tools=tools, memory=stream)
            for goal in goals:
                result = await agent.arun(goal)
                print(f"\n{goal}\n-> {result.answer}")


def main() -> None:
    """Ask each question; where the documents do not say, say so."""
    parser = argparse.ArgumentParser(description="Cited answers about documents.")
    parser.add_argument("goal", nargs="*", default=GOALS)
    parser.add_argument("--folder", type=Path, default=DATA, help="the folder to index")
    parser.add_argument("--model", help="a model's name; the embedded default when left out")
    options = parser.parse_args()
    asyncio.run(ask(options.folder, options.goal, options.model))


if __name__ == "__main__":
    main()
