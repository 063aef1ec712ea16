import gc
import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from cogitate.errors import CogitateError
from cogitate.home import home

if TYPE_CHECKING:
    from cogitate.llm import ChatLlama

gc.set_threshold(20_000)  # a third of the time to import all tests was a search for garbage

SMALL = "qwen2.5-coder-0.5b"
REAL_HOME = home()
"""The person's own data folder, where models are kept; tests get another one."""


@pytest.fixture(autouse=True)
def own_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Give each test an empty data folder and none of the person's settings."""
    for name in list(os.environ):
        if name.startswith(("COGITATE_", "OPENAI_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("COGITATE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("COGITATE_MEMORY", "off")  # a script has no replies for what memory asks


@pytest.fixture(scope="session")
def small_model_path() -> Path:
    """Return the GGUF of the 0.5B model, fetched into the person's data folder if need be."""
    from cogitate.llm.catalogue import find
    from cogitate.llm.download import fetch
    from cogitate.llm.library import llama_library

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COGITATE_HOME", str(REAL_HOME))
        try:
            llama_library()
            return fetch(find(SMALL))
        except CogitateError as error:
            if os.environ.get("CI") == "true":
                pytest.fail(f"CI must have the small model: {error}")
            pytest.skip(f"the small model is not here: {error}")


@pytest.fixture(scope="session")
def small_model(small_model_path: Path) -> "ChatLlama":
    """Return the 0.5B model as a chat model, with 4,096 tokens of context."""
    from cogitate.llm.llama import ChatLlama

    return ChatLlama(path=small_model_path, name=SMALL, n_ctx=4096)
