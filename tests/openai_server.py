"""An OpenAI-compatible model server on loopback, for tests and examples that run anywhere.

It answers /v1/chat/completions (whole and streamed) and /v1/models, and is strict: any other
path is a 404. Replies come from a script; without one it says "Hello there", calls the first
tool it is offered, or fills a small object. A last message such as "500" or "not json" makes
it fail in that way.
"""

import json
import threading
from collections import deque
from collections.abc import Iterable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Reply = str | dict[str, Any]
"""A text, or a message such as `tool_call(...)` gives."""

STATUSES = {
    "401": (401, "Incorrect API key provided"),
    "404": (404, "The model `toy` does not exist"),
    "429": (429, "slow down"),
    "500": (500, "boom"),
    "too long": (400, "the request exceeds the available context size, try increasing it"),
}
"""Last messages that are answered with an error."""


def tool_call(name: str, **args: Any) -> dict[str, Any]:
    """Return the message of a model that calls the tool `name`."""
    function = {"name": name, "arguments": json.dumps(args)}
    calls = [{"id": f"call_{name}", "type": "function", "function": function}]
    return {"role": "assistant", "content": None, "tool_calls": calls}


class OpenAIServer:
    """A server that lives as long as its `with` block; `url` ends in /v1."""

    def __init__(self, replies: Iterable[Reply] = (), models: Iterable[str] = ("toy",)):
        self.replies = deque(replies)
        self.models = list(models)
        self.requests: list[dict[str, Any]] = []
        """Bodies of the chat requests so far, each with its `path` and `authorization`."""
        self.closing = threading.Event()
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
        self._http.daemon_threads = True
        self._http.owner = self  # type: ignore[attr-defined]
        self.url = f"http://127.0.0.1:{self._http.server_address[1]}/v1"
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.02,), daemon=True)

    def __enter__(self) -> "OpenAIServer":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.closing.set()
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()

    def reply_to(self, body: dict[str, Any]) -> dict[str, Any]:
        """Return the assistant's message for a request."""
        if self.replies:
            reply = self.replies.popleft()
            return {"role": "assistant", "content": reply} if isinstance(reply, str) else reply
        tools = body.get("tools")
        if tools and body["messages"][-1]["role"] != "tool":
            return tool_call(tools[0]["function"]["name"], city="Rome", degrees=3)
        text = '{"city": "Oslo", "degrees": 1}' if body.get("response_format") else "Hello there"
        return {"role": "assistant", "content": text}


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        """Keep quiet."""

    @property
    def owner(self) -> OpenAIServer:
        return self.server.owner  # type: ignore[attr-defined]

    def do_GET(self) -> None:
        if self.path != "/v1/models":
            return self._error(404, f"no such path: {self.path}")
        data = [{"id": name, "object": "model"} for name in self.owner.models]
        return self._json(200, {"object": "list", "data": data})

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        heard = {"path": self.path, "authorization": self.headers["authorization"]}
        self.owner.requests.append({**body, **heard})
        if self.path != "/v1/chat/completions":
            return self._error(404, f"no such path: {self.path}")
        last = body["messages"][-1]["content"]
        if last in STATUSES:
            return self._error(*STATUSES[last])
        if last == "not json":
            return self._send(200, "text/html", b"<html>It works!</html>")
        if last == "slow":  # say nothing until the client goes or the server closes
            self.owner.closing.wait(10)
            self.close_connection = True
            return None
        message = self.owner.reply_to(body)
        if body.get("stream"):
            return self._stream(body, message)
        choice = {"index": 0, "message": message, "finish_reason": _reason(message)}
        head = {"id": "x", "object": "chat.completion", "created": 1, "model": body["model"]}
        return self._json(200, {**head, "choices": [choice], "usage": USAGE})

    def _stream(self, body: dict[str, Any], message: dict[str, Any]) -> None:
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.send_header("connection", "close")
        self.end_headers()
        self.close_connection = True
        head = {"id": "x", "object": "chat.completion.chunk", "created": 1, "model": "toy"}
        for delta in _deltas(message):
            self._event({**head, "choices": [{"index": 0, "delta": delta}]})
        end = {"index": 0, "delta": {}, "finish_reason": _reason(message)}
        self._event({**head, "choices": [end]})
        if body.get("stream_options", {}).get("include_usage"):
            self._event({**head, "choices": [], "usage": USAGE})
        self.wfile.write(b"data: [DONE]\n\n")

    def _event(self, data: dict[str, Any]) -> None:
        self.wfile.write(f"data: {json.dumps(data)}\n\n".encode())

    def _error(self, status: int, message: str) -> None:
        self._json(status, {"error": {"message": message}})

    def _json(self, status: int, data: dict[str, Any]) -> None:
        self._send(status, "application/json", json.dumps(data).encode())

    def _send(self, status: int, kind: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


USAGE = {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5}


def _reason(message: dict[str, Any]) -> str:
    return "tool_calls" if message.get("tool_calls") else "stop"


def _deltas(message: dict[str, Any]) -> list[dict[str, Any]]:
    """Return a message in pieces: words, or a tool call with its arguments in two halves."""
    if not message.get("tool_calls"):
        words = [{"content": word + " "} for word in message["content"].split(" ")]
        words[-1] = {"content": words[-1]["content"][:-1]}
        return [{"role": "assistant", "content": ""}, *words]
    call = message["tool_calls"][0]
    name, text = call["function"]["name"], call["function"]["arguments"]
    first = {"index": 0, "id": call["id"], "type": "function"}
    first["function"] = {"name": name, "arguments": ""}
    half = len(text) // 2
    rest = [{"index": 0, "function": {"arguments": part}} for part in (text[:half], text[half:])]
    return [{"role": "assistant", "tool_calls": [first]}] + [{"tool_calls": [r]} for r in rest]
