"""LangChain's own standard tests, over ChatLlama and the embeddings, with the small model.

A part of them, unless STANDARD_TESTS=all; all pass. Left out by what the model says it can do:
images, audio, files, and Anthropic's own message blocks (a text model); `json_mode` (a schema is
always at hand); a `model` for one call (a ChatLlama is one file); recorded HTTP (there is none).
"""

import os
from pathlib import Path
from typing import Any

import pytest

from cogitate.llm.embeddings import LlamaEmbeddings
from cogitate.llm.llama import ChatLlama
from tests.conftest import REAL_HOME, SMALL

pytest.importorskip("langchain_tests", reason="langchain-tests is not installed")

from langchain_tests.integration_tests import (
    ChatModelIntegrationTests,
    EmbeddingsIntegrationTests,
)
from langchain_tests.unit_tests import ChatModelUnitTests, EmbeddingsUnitTests

SHORT = (
    "test_no_overrides_DO_NOT_OVERRIDE",
    "test_invoke",
    "test_ainvoke",
    "test_stream",
    "test_abatch",
    "test_usage_metadata",
    "test_usage_metadata_streaming",
    "test_stop_sequence",
    "test_tool_calling_with_no_arguments",
    "test_tool_message_histories_string_content",
    "test_structured_output_async",
)


def small_file() -> Path:
    from cogitate.llm.catalogue import find

    return REAL_HOME / "models" / find(SMALL).file


class TestChatLlamaUnit(ChatModelUnitTests):
    @property
    def chat_model_class(self) -> type[ChatLlama]:
        return ChatLlama

    @property
    def chat_model_params(self) -> dict[str, Any]:
        return {"path": small_file(), "name": SMALL, "n_ctx": 4096}


class TestChatLlama(ChatModelIntegrationTests):
    @pytest.fixture(autouse=True)
    def _here(self, small_model_path: Path, request: pytest.FixtureRequest) -> None:
        """Skip where the model is not here, and what takes long unless all is asked for."""
        if os.environ.get("STANDARD_TESTS") != "all" and request.node.originalname not in SHORT:
            pytest.skip("STANDARD_TESTS=all runs it")

    @property
    def chat_model_class(self) -> type[ChatLlama]:
        return ChatLlama

    @property
    def chat_model_params(self) -> dict[str, Any]:
        return {"path": small_file(), "name": SMALL, "n_ctx": 4096, "max_tokens": 64}


class TestEmbeddingsUnit(EmbeddingsUnitTests):
    @property
    def embeddings_class(self) -> type[LlamaEmbeddings]:
        return LlamaEmbeddings

    @property
    def embedding_model_params(self) -> dict[str, Any]:
        return {"path": small_file(), "n_ctx": 256}


class TestEmbeddings(EmbeddingsIntegrationTests):
    @property
    def embeddings_class(self) -> type[LlamaEmbeddings]:
        return LlamaEmbeddings

    @property
    def embedding_model_params(self) -> dict[str, Any]:
        return {"path": small_file(), "n_ctx": 256}
