"""Reflects on the memory at PATH with a model that answers by rule, slowly enough to be killed.

Run as `python reflector.py PATH`; each line of output is one question to the model.
"""

import asyncio
import json
import sys
import time

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from langchain_core.runnables import RunnableLambda

from cogitate.memory.stream import MemoryStream

QUESTIONS = ["What does Klaus want?", "Who helps Klaus?", "What does Klaus skip?"]
SAID = {
    QUESTIONS[0]: "Klaus cares about his thesis.",
    QUESTIONS[1]: "Klaus rides the bicycle of Maria.",
    QUESTIONS[2]: "Klaus skips lunch at times.",
}


class Ruled(BaseChatModel):
    """Answers the three kinds of questions of a reflection."""

    @property
    def _llm_type(self) -> str:
        return "ruled"

    def _generate(self, messages: list[BaseMessage], *args: object, **kwargs: object) -> ChatResult:
        return ChatResult(generations=[ChatGeneration(message=AIMessage("yes"))])

    def with_structured_output(self, schema, **kwargs):
        def answer(messages):
            print(schema.__name__, flush=True)
            time.sleep(0.03)
            text = messages[-1].text
            fields = set(schema.model_fields)
            if "questions" in fields:
                found = {"questions": QUESTIONS}
            elif "choice" in fields:
                found = {"choice": "yes"}
            else:
                said = next((SAID[q] for q in QUESTIONS if q in text), "")
                found = {"insights": [said]}
            raw = AIMessage(json.dumps(found))
            return {"raw": raw, "parsed": schema.model_validate(found), "parsing_error": None}

        return RunnableLambda(answer)


async def main(path: str) -> None:
    """Reflect until nothing is due."""
    async with MemoryStream(path, embeddings="hashed") as stream:
        await stream.reflect(Ruled(), threshold=20)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
