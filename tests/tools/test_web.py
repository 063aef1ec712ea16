import json
import socket
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest
from ddgs.exceptions import DDGSException

from cogitate.errors import ToolFailure, UnavailableError
from cogitate.runs.context import RunContext, running
from cogitate.tools.base import effect_of, timeout_of
from cogitate.tools.web import _nothing_or_unavailable, web_search

ROWS = [
    {"title": f"Page {n}", "url": f"https://example.org/{n}", "content": f"Text\n of {n}. " * 40}
    for n in range(20)
]
PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")


@pytest.fixture(autouse=True)
def no_network(monkeypatch):
    """Send everything that leaves the machine to a closed port of its own."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        closed = f"http://127.0.0.1:{probe.getsockname()[1]}"
    for name in PROXIES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "DDGS_PROXY"):
        monkeypatch.setenv(name, closed)
    monkeypatch.delenv("COGITATE_SEARXNG_URL", raising=False)


class Searxng(BaseHTTPRequestHandler):
    status, answer = 200, json.dumps({"results": ROWS})
    asked: list[str]

    def do_GET(self):
        self.server.asked.append(self.path)
        body = self.server.answer.encode()
        self.send_response(self.server.status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@pytest.fixture
def searxng(monkeypatch):
    server = ThreadingHTTPServer(("127.0.0.1", 0), Searxng)
    server.status, server.answer, server.asked = 200, json.dumps({"results": ROWS}), []
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    monkeypatch.setenv("COGITATE_SEARXNG_URL", f"http://127.0.0.1:{server.server_port}/")
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


async def search(query="python", **more):
    return await web_search.ainvoke({"query": query, **more})


async def refusal():
    with pytest.raises(ToolFailure) as failure:
        await search()
    return str(failure.value)


async def test_without_network_it_is_unavailable_at_once_and_says_what_fixes_it():
    start = time.monotonic()
    message = await refusal()
    assert message.startswith("web search is unavailable: ddgs: ")
    assert "what fixes it: a network connection" in message
    assert "COGITATE_SEARXNG_URL" in message
    assert time.monotonic() - start < 15


async def test_an_offline_run_does_not_search(searxng, tmp_path):
    with running(RunContext(run_id="r", workspace=tmp_path, offline=True)):
        assert "this run is offline" in await refusal()
    assert searxng.asked == []


async def test_a_searxng_server_is_asked_first_and_its_results_are_numbered(searxng):
    text = await search("上海 天气", max_results=3)
    asked = urlsplit(searxng.asked[0])
    assert asked.path == "/search"
    assert parse_qs(asked.query) == {"q": ["上海 天气"], "format": ["json"]}
    lines = text.splitlines()
    assert lines[0] == "[1] Page 0 — https://example.org/0"
    assert lines[1].startswith(" Text of 0. Text")
    assert len(lines) == 6


@pytest.mark.parametrize(("asked", "given"), [(99, 10), (0, 1), (-3, 1)])
async def test_the_number_of_results_is_bounded_and_the_text_short(searxng, asked, given):
    text = await search(max_results=asked)
    assert text.count("] Page ") == given
    assert len(text) < 4_000


async def test_no_results_is_a_text_and_not_a_failure(searxng):
    searxng.answer = json.dumps({"results": []})
    assert (await search()).startswith("no results for 'python': the search worked")


@pytest.mark.parametrize(
    ("status", "answer", "named"),
    [
        (403, "", "add json to search.formats"),
        (500, "", "HTTP 500"),
        (200, "<html>", "not that of a SearXNG server"),
        (200, "[]", "not that of a SearXNG server"),
        (200, '{"results": [1]}', "not that of a SearXNG server"),
    ],
)
async def test_a_broken_server_is_named_and_ddgs_is_tried_next(searxng, status, answer, named):
    searxng.status, searxng.answer = status, answer
    message = await refusal()
    assert named in message
    assert "; ddgs: " in message


async def test_a_server_that_is_not_there_is_named(monkeypatch):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        monkeypatch.setenv("COGITATE_SEARXNG_URL", f"http://127.0.0.1:{probe.getsockname()[1]}")
    assert "SearXNG at http://127.0.0.1" in await refusal()


async def test_an_empty_query_is_refused():
    with pytest.raises(ToolFailure, match="empty"):
        await search("  ")


def test_ddgs_finding_nothing_is_not_ddgs_failing():
    assert _nothing_or_unavailable(DDGSException("No results found.")) == []
    with pytest.raises(UnavailableError, match="ConnectError"):
        _nothing_or_unavailable(DDGSException("ConnectError: refused"))


def test_it_is_declared_as_read_and_untrusted():
    assert (effect_of(web_search), timeout_of(web_search)) == ("read", 20)
    assert web_search.metadata["untrusted"] is True
