"""Canaries in every place a key may stand in: none of them is written or said anywhere."""

import json
import os
import sqlite3
import threading
from contextlib import closing
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from tests.openai_server import OpenAIServer, tool_call

KEY = "canary-model-key-0001"
OTHER = 'canary "quoted" key\\0002'
FILED = "canary-filed-key-0003"
FORMED = "sk-canary0004abcdefghijklmnop"
CANARIES = (KEY, OTHER, FILED, FORMED)

TOOLS = f"""
import os
from cogitate import tool

@tool(effect="read")
def leak(what: str) -> str:
    \"\"\"Return everything there is.\"\"\"
    return f"found {{os.environ['MY_SERVICE_TOKEN']}} and {FORMED} and {FILED} and 42"

@tool(effect="read")
def fail(what: str) -> str:
    \"\"\"Fail with everything there is.\"\"\"
    raise RuntimeError("broken: " + os.environ["MY_SERVICE_TOKEN"] + " {FORMED}")
"""


def forms(text):
    yield from (text, json.dumps(text)[1:-1], text.replace('"', "'"))


def check(said, folder):
    """Check that no canary is in what was said or in any file below a folder."""
    places = {"what was said": said.encode()}
    places |= {str(p): p.read_bytes() for p in Path(folder).rglob("*") if p.is_file()}
    found = [
        (place, canary)
        for place, data in places.items()
        for canary in CANARIES
        for form in forms(canary)
        if form.encode() in data
    ]
    assert not found


@pytest.fixture
def env(tmp_path, clean):
    keys = tmp_path / "keys"
    keys.write_text(f"OTHER_API_KEY={FILED}\n")
    keys.chmod(0o600)
    (Path.cwd() / "mine.py").write_text(TOOLS)
    return {
        "COGITATE_API_KEY": KEY,
        "MY_SERVICE_TOKEN": OTHER,
        "COGITATE_KEY_FILE": str(keys),
        "COGITATE_DEBUG": "1",
    }


def test_keys_in_goal_tools_and_results_are_written_nowhere(cogitate, env, clean):
    replies = [
        tool_call("leak", what=FORMED),
        tool_call("fail", what="it"),
        f"It is 42, and {FORMED}.",
    ]
    with OpenAIServer(replies) as server:
        done = cogitate(
            "run", "--model", f"{server.url}#toy", "--tools", "mine.py", "--only-tools",
            "--loop", "act", f"Find 42 with {KEY} or {OTHER} or {FORMED}.", env=env,
        )  # fmt: skip
        shown = json.dumps([r["messages"] for r in server.requests], ensure_ascii=False)
        assert server.requests[0]["authorization"] == f"Bearer {KEY}"
    assert "42" in done.stdout, done.stderr
    check(done.stdout + done.stderr, clean)
    assert [c for c in (KEY, OTHER, FILED) if c in shown] == []
    results = [m for m in server.requests[-1]["messages"] if m["role"] == "tool"]
    assert results and not any(c in json.dumps(results) for c in CANARIES)
    trace = cogitate("trace", "show", "last", "--prompts", env=env)
    assert trace.returncode == 0
    check(trace.stdout + trace.stderr, clean)


GOALS = (
    "Find 42 with the garden gate's help.",
    f"Find 42. My garden gate opens with {KEY} and I like oaks.",
    f"Remember that I like elms and that my deploy key is {OTHER}.",
    f"Find 42. I am Ann, I live in Rome, and {FORMED} is mine.",
    f"我叫小明，我喜欢橡树，我的令牌是 {FILED}。",
)


def remembered(file):
    """Return all texts that a memory holds."""
    with closing(sqlite3.connect(file)) as base:
        return " ".join(text for (text,) in base.execute("select text from records"))


def test_keys_in_goals_results_and_answers_come_into_no_memory(inside, env, clean):
    file = clean / "memory.db"
    more = {**env, "COGITATE_MEMORY": str(file)}
    for number, goal in enumerate(GOALS):
        answer = f"It is 42, says {FORMED} of {FILED}." if number % 2 else "It is 42."
        with OpenAIServer([tool_call("leak", what="the number"), answer]) as server:
            done = inside(
                "run", "--model", f"{server.url}#toy", "--tools", "mine.py", "--only-tools",
                "--loop", "act", goal, env=more,
            )  # fmt: skip
        assert done.returncode == 0, done.stderr
        check(done.stdout + done.stderr, clean)
    assert "garden gate" in remembered(file)  # it does keep what has no key in it


@pytest.mark.parametrize("form", ["--json", "--jsonl"])
def test_keys_are_in_no_output(inside, env, clean, form):
    with OpenAIServer([tool_call("leak", what="x"), f"42 {FORMED}"]) as server:
        done = inside(
            "run", "--model", f"{server.url}#toy", "--tools", "mine.py", "--only-tools",
            "--loop", "act", form, f"Find 42 with {OTHER}", env=env,
        )  # fmt: skip
    assert "42" in done.stdout
    check(done.stdout + done.stderr, clean)


@pytest.mark.parametrize("status", [401, 500])
def test_a_key_in_what_a_server_says_of_an_error_is_not_told(inside, env, clean, status):
    class Echoing(BaseHTTPRequestHandler):
        def do_POST(self):
            key = self.headers["Authorization"]
            body = json.dumps({"error": {"message": f"bad key {key} {OTHER} {FORMED}"}}).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    server = HTTPServer(("127.0.0.1", 0), Echoing)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        url = f"http://127.0.0.1:{server.server_address[1]}/v1#toy"
        done = inside("run", "--model", url, "--loop", "act", "Say hi.", env=env)
    finally:
        server.shutdown()
        server.server_close()
    assert done.returncode in (1, 3)
    assert "bad key" in done.stderr
    check(done.stdout + done.stderr, clean)


def test_a_key_in_the_settings_or_in_the_address_is_not_told(cogitate, env, clean):
    (Path.cwd() / "cogitate.toml").write_text(f'model = ["{KEY}"]\n')
    done = cogitate("run", "Hi", env=env)
    assert done.returncode == 2
    check(done.stdout + done.stderr, clean)
    (Path.cwd() / "cogitate.toml").unlink()
    done = cogitate("run", "--model", f"http://me:{KEY}@127.0.0.1:9/v1#toy", "Hi", env=env)
    assert done.returncode in (1, 3)
    check(done.stdout + done.stderr, clean)


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX's")
def test_a_key_file_that_others_may_read_is_refused_by_every_command(cogitate, env, clean):
    Path(env["COGITATE_KEY_FILE"]).chmod(0o644)
    more = {**env, "COGITATE_API_KEY": "", "OPENAI_API_KEY": ""}
    done = cogitate("run", "--model", "https://models.invalid/v1#toy", "Hi", env=more)
    assert (done.returncode, done.stdout) == (2, "")
    assert "others may read" in done.stderr and "chmod 600" in done.stderr
    check(done.stdout + done.stderr, clean)
