import asyncio
import socket

import pytest
from langchain_core.messages import HumanMessage
from langchain_core.tools import tool
from pydantic import BaseModel

from cogitate.errors import (
    CogitateError,
    ContextOverflow,
    ModelError,
    SetupError,
    UnavailableError,
)
from cogitate.llm.remote import explain, is_local, remote_model, rough_tokens
from tests.openai_server import OpenAIServer


@pytest.fixture(autouse=True)
def no_keys(monkeypatch):
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL", "COGITATE_API_KEY"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def server():
    with OpenAIServer() as running:
        yield running


async def failure_of(model, text):
    with pytest.raises(Exception) as caught:
        await model.ainvoke(text)
    return explain(caught.value)


async def test_a_url_with_a_model_answers_with_usage(server):
    reply = await remote_model(f"{server.url}#toy").ainvoke("hi")
    assert reply.text == "Hello there"
    assert reply.usage_metadata["input_tokens"] == 3
    assert server.requests[0]["path"] == "/v1/chat/completions"
    assert server.requests[0]["model"] == "toy"
    assert server.requests[0]["temperature"] == 0
    assert server.requests[0]["authorization"] == "Bearer none"


async def test_a_stream_brings_words_and_usage(server):
    chunks = [chunk async for chunk in remote_model(f"{server.url}#toy").astream("hi")]
    whole = chunks[0]
    for chunk in chunks[1:]:
        whole += chunk
    assert len(chunks) > 2
    assert whole.text == "Hello there"
    assert whole.usage_metadata["output_tokens"] == 2


async def test_a_tool_is_called_and_a_schema_is_filled(server):
    @tool
    def weather(city: str, degrees: int) -> str:
        """Return the weather."""
        return city

    class Place(BaseModel):
        city: str
        degrees: int

    model = remote_model(f"{server.url}#toy")
    reply = await model.bind_tools([weather]).ainvoke("hi")
    assert reply.tool_calls[0]["args"] == {"city": "Rome", "degrees": 3}
    found = await model.with_structured_output(Place).ainvoke("hi")
    assert found == Place(city="Oslo", degrees=1)


async def test_a_seed_is_sent_and_a_bare_host_means_v1(server):
    await remote_model(f"{server.url.removesuffix('/v1')}#toy", seed=7).ainvoke("hi")
    assert server.requests[0]["seed"] == 7
    assert server.requests[0]["path"] == "/v1/chat/completions"


def test_the_only_model_of_a_server_is_taken(server):
    assert remote_model(server.url).model_name == "toy"


def test_several_models_are_listed_and_none_is_guessed():
    with OpenAIServer(models=["b", "a"]) as server, pytest.raises(SetupError, match=r"has a, b"):
        remote_model(server.url)


def test_a_server_of_something_else_is_unavailable(server):
    with pytest.raises(UnavailableError, match="404"):
        remote_model(server.url.replace("/v1", "/other"))


async def test_openai_takes_key_and_base_url_from_the_environment(server, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "secret")
    monkeypatch.setenv("OPENAI_BASE_URL", server.url)
    await remote_model("openai:gpt-4.1-mini").ainvoke("hi")
    assert server.requests[0]["model"] == "gpt-4.1-mini"
    assert server.requests[0]["authorization"] == "Bearer secret"


async def test_our_own_key_comes_before_openais(server, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "theirs")
    monkeypatch.setenv("COGITATE_API_KEY", "ours")
    await remote_model(f"{server.url}#toy").ainvoke("hi")
    assert server.requests[0]["authorization"] == "Bearer ours"


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        ("openai:gpt-4.1-mini", "OPENAI_API_KEY"),
        ("https://models.example/v1#m", "COGITATE_API_KEY"),
        ("openai:", "names no model"),
        ("http://#m", "not a model server"),
    ],
)
def test_a_spec_that_cannot_work_names_the_way_out(spec, words):
    with pytest.raises(SetupError, match=words):
        remote_model(spec)


@pytest.mark.parametrize(
    ("text", "kind", "words"),
    [
        ("401", UnavailableError, "turned the key down"),
        ("404", UnavailableError, "no such model"),
        ("429", ModelError, "slow down"),
        ("500", ModelError, "boom"),
        ("too long", ContextOverflow, "context size"),
        ("not json", ModelError, "not in OpenAI's format"),
    ],
)
@pytest.mark.parametrize("streaming", [False, True])
async def test_a_failure_becomes_one_clear_line(server, text, kind, words, streaming):
    model = remote_model(f"{server.url}#toy")
    model.streaming = streaming
    error = await failure_of(model, text)
    assert type(error) is kind
    assert words in str(error)
    assert "\n" not in str(error)


async def test_a_local_server_is_asked_once(server):
    await failure_of(remote_model(f"{server.url}#toy"), "500")
    assert len(server.requests) == 1


async def test_a_refused_connection_names_the_server_and_no_password():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        error = await failure_of(remote_model(f"http://me:pw@127.0.0.1:{port}/v1#toy"), "hi")
    assert isinstance(error, UnavailableError)
    assert f"127.0.0.1:{port}" in str(error)
    assert "pw" not in str(error)


async def test_a_silent_server_is_a_timeout(server):
    error = await failure_of(remote_model(f"{server.url}#toy", timeout=0.2), "slow")
    assert isinstance(error, UnavailableError)
    assert "in time" in str(error)


def test_a_proxy_of_the_environment_is_not_asked_about_this_machine(server, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:1")
    assert remote_model(server.url).invoke("hi").text == "Hello there"


def test_tokens_are_counted_without_a_tokenizer(server):
    model = remote_model(f"{server.url}#toy")
    assert model.get_num_tokens("abcd" * 10) == 10
    assert model.get_num_tokens_from_messages([HumanMessage("abcd")]) == 5
    assert rough_tokens("你好啊") == 2


def test_our_own_errors_stay_and_foreign_ones_are_named():
    own = UnavailableError("gone")
    assert explain(own) is own
    assert "KeyError" in str(explain(KeyError("x")))
    assert isinstance(explain(KeyError("x")), CogitateError)


@pytest.mark.parametrize(
    ("address", "local"),
    [
        ("http://127.0.0.1:1/v1", True),
        ("http://localhost/v1", True),
        ("http://[::1]:8/v1", True),
        ("http://127.0.0.1.example/v1", False),
        ("https://models.example/v1", False),
        ("", False),
    ],
)
def test_only_this_machine_is_local(address, local):
    assert is_local(address) is local


def test_runs_in_one_event_loop_after_another_are_answered(server):
    # A connection that was kept would belong to a loop that is closed.
    model = remote_model(f"{server.url}#toy")
    assert [asyncio.run(model.ainvoke("hi")).text for _ in range(3)] == ["Hello there"] * 3
