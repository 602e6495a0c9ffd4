"""The Lambda Runtime API on 127.0.0.1, as far as a function's own client asks it.

docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
"""

from __future__ import annotations

import json
import threading
import time
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from queue import Queue
from typing import Any

RUNTIME = "/2018-06-01/runtime"


@dataclass(frozen=True)
class Answer:
    """What the function's client posted: `kind` is response, error or init/error; `left`, seconds to its deadline."""

    kind: str
    id: str
    body: Any
    left: float


@dataclass(frozen=True)
class _Invocation:
    id: str
    event: Any
    deadline: float


class RuntimeApi:
    """Hands invocations to whoever asks for the next one, and takes the answers; a context in which it runs."""

    def __init__(self) -> None:
        self.waiting: Queue[_Invocation] = Queue()
        self.answers: Queue[Answer] = Queue()
        self.deadlines: dict[str, float] = {}
        self._numbers = count(1)
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"api": self}))
        self._server.daemon_threads = True

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self._server.server_port}"

    def invoke(self, event: Any, seconds: float = 900.0, patience: float = 120.0) -> Answer:
        """Have the function handle an event, for which it has so many seconds; wait for its answer."""
        one = _Invocation(f"request-{next(self._numbers)}", event, time.time() + seconds)
        self.deadlines[one.id] = one.deadline
        self.waiting.put(one)
        answer = self.answers.get(timeout=patience)
        assert answer.id in {one.id, ""}
        return answer

    def __enter__(self) -> RuntimeApi:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()


class _Handler(BaseHTTPRequestHandler):
    api: RuntimeApi
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        assert self.path == f"{RUNTIME}/invocation/next", self.path
        one = self.api.waiting.get()
        headers = {
            "Lambda-Runtime-Aws-Request-Id": one.id,
            "Lambda-Runtime-Deadline-Ms": str(int(one.deadline * 1000)),
            "Lambda-Runtime-Invoked-Function-Arn": "arn:aws:lambda:us-east-1:123456789012:function:pg-xcopy",
            "Lambda-Runtime-Trace-Id": "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700",
            "Content-Type": "application/json",
        }
        self._say(200, json.dumps(one.event).encode(), headers)

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        words = self.path.removeprefix(f"{RUNTIME}/").split("/")
        kind, identity = (words[2], words[1]) if words[0] == "invocation" else ("/".join(words), "")
        left = self.api.deadlines.get(identity, 0.0) - time.time()
        self._say(202, b'{"status":"OK"}', {"Content-Type": "application/json"})
        self.api.answers.put(Answer(kind, identity, body, left))

    def _say(self, code: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(code)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""
