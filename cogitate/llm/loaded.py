"""A model file in memory, shared by all chat models that name it."""

import re
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

from cogitate.errors import ModelError
from cogitate.llm.constrain import Constrainer
from cogitate.llm.engine import Engine
from cogitate.llm.prefixes import Watch
from cogitate.llm.scheduler import Scheduler


class Loaded:
    """A model file in memory: the engine, its scheduler, its template and its grammars."""

    def __init__(self, path: Path, n_ctx: int | None) -> None:
        self.engine = Engine(path, n_ctx=n_ctx)
        self.scheduler = Scheduler(self.engine)
        self.watch = Watch()
        self._constrainer: Constrainer | None = None
        self._controls: re.Pattern[str] | None = None
        self._render = self._template()

    def close(self) -> None:
        """End all requests and free the memory."""
        self.scheduler.close()
        self.engine.close()
        self._constrainer = None

    @property
    def constrainer(self) -> Constrainer:
        """The grammar compiler, made at first use because it reads the whole vocabulary."""
        if self._constrainer is None:
            self._constrainer = Constrainer(self.engine)
        return self._constrainer

    def prompt(self, messages: list[dict[str, str]], opening: str) -> list[int]:
        """Return the tokens of a conversation, with the head of the answer that comes next.

        A control token such as `<|im_end|>` that is written in a message is broken up: what a
        file or a page says must not end a turn or begin another.
        """
        shown = [{**message, "content": self._harmless(message["content"])} for message in messages]
        return self.engine.tokenize(self._render(shown) + opening)

    def _harmless(self, text: str) -> str:
        if not any(mark in text for mark in "<["):
            return text
        if self._controls is None:
            self._controls = re.compile("|".join(map(re.escape, self.engine.controls())) or "(?!)")
        return self._controls.sub(lambda found: f"{found[0][0]} {found[0][1:]}", text)

    def _template(self) -> Callable[[list[dict[str, str]]], str]:
        from llama_cpp.llama_chat_format import Jinja2ChatFormatter

        text = self.engine.metadata("tokenizer.chat_template")
        if not text:
            raise ModelError(
                f"{self.engine.path.name!r} holds no chat template; use an instruct model's GGUF"
            )
        formatter = Jinja2ChatFormatter(
            template=text,
            eos_token=self.engine.special("eos"),
            bos_token=self.engine.special("bos"),
        )
        return lambda messages: str(formatter(messages=cast(Any, messages)).prompt)


_LOADED: dict[tuple[Path, int | None], Loaded] = {}
_LOADING = threading.Lock()


def load(path: Path, n_ctx: int | None) -> Loaded:
    """Return the model of `path` with `n_ctx` tokens of context, loaded once a process.

    Raises:
        UnavailableError: llama-cpp-python is not installed.
        SetupError: the file is not a model that it can load.
    """
    with _LOADING:
        key = (path.resolve(), n_ctx)
        if key not in _LOADED:
            _LOADED[key] = Loaded(*key)
        return _LOADED[key]


def unload(loaded: Loaded) -> None:
    """Free a loaded model; whoever uses its file next loads it again."""
    with _LOADING:
        for key in [key for key, held in _LOADED.items() if held is loaded]:
            del _LOADED[key]
        loaded.close()
