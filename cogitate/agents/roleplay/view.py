"""What one role is shown: a fixed head, and a conversation that only grows.

Each role's prompt begins as its last one did, so that its KV sequence holds all but the new
messages. When the conversation takes more than its share of the context it shrinks in one big
step, to the memo and the last messages; that is the only time at which text is read again.
What it does not know: tokenizers. It counts characters on the safe side.
"""

from collections.abc import Sequence

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage

from cogitate.agents.roleplay.prompts import MEMO_PROMPT
from cogitate.agents.roleplay.values import Item
from cogitate.llm.llama import ChatLlama
from cogitate.words import CJK_CHARACTER

FULL = 0.75
"""Share of the context that all roles together may take."""
KEPT = 4
"""Messages that are left when a conversation shrinks."""
REMOTE_CONTEXT = 100_000
LONGEST_MEMO = 20
"""Items of the memo that are shown, the last ones."""


def context_of(model: BaseChatModel) -> int:
    """Return how many tokens all conversations with `model` may have."""
    return model.loaded.engine.n_ctx if isinstance(model, ChatLlama) else REMOTE_CONTEXT


def tokens_in(text: str) -> int:
    """Return about how many tokens a text has, rather too many than too few."""
    wide = len(CJK_CHARACTER.findall(text))
    return wide + (len(text) - wide) // 3 + 4


def memo_text(memo: Sequence[Item]) -> str:
    """Return the memo, a line an item."""
    return "\n".join(
        f"- {item['instruction']} -> {item['text']}"
        if item["outcome"] == "done"
        else f"- {item['instruction']} -> not done: {item['text']}"
        for item in memo[-LONGEST_MEMO:]
    )


class RoleView:
    """The conversation as one role sees it: its own messages are the model's."""

    def __init__(self, head: str, room: int) -> None:
        """Begin with `head`, which never changes; `room` is the most tokens of a prompt."""
        self.head = head
        self.room = room
        self.messages: list[BaseMessage] = []
        self.shrunk = 0
        """How often the conversation was shortened."""
        self._pending: list[str] = []

    def hear(self, text: str) -> None:
        """Add what the partner said; it is shown with the next question."""
        self._pending.append(text)

    def shown(self, asked: str) -> list[BaseMessage]:
        """Return the prompt that ends with what was heard and with `asked`."""
        return [SystemMessage(self.head), *self.messages, HumanMessage(self._last(asked))]

    def keep(self, asked: str, said: str) -> None:
        """Keep a question as it was shown and the model's words as it wrote them."""
        self.messages += [HumanMessage(self._last(asked)), AIMessage(said)]
        self._pending = []

    def size(self) -> int:
        """Return about how many tokens the next prompt has before it is asked anything."""
        texts = [self.head, *(str(m.content) for m in self.messages), *self._pending]
        return sum(tokens_in(text) for text in texts)

    def fits(self, memo: Sequence[Item], answer: int) -> bool:
        """Return whether a prompt and an answer of `answer` tokens fit, shortened if need be."""
        if self.size() + answer <= self.room:
            return True
        if len(self.messages) > KEPT:
            told = MEMO_PROMPT.format(memo=memo_text(memo))
            self.messages = [
                HumanMessage(told),
                AIMessage("Understood."),
                *self.messages[-KEPT:],
            ]
            self.shrunk += 1
        return self.size() + answer <= self.room

    def _last(self, asked: str) -> str:
        return "\n\n".join([*self._pending, asked])
