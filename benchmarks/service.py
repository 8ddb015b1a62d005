"""A service that runs for a figure: started on a core, asked until it answers, ended."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from types import TracebackType
from urllib.request import Request, urlopen

import msgspec

from benchmarks.measure import CITYSHIELD, ROOT, cores, environment, process_cpu_s

_PATIENCE_S = 120.0
_GLANCE_S = 0.005


class Load(msgspec.Struct, frozen=True):
    """What a client saw of a load, and the server's CPU seconds meanwhile."""

    requests: int
    seconds: float
    server_cpu_s: float
    ok: int
    malicious: int

    @property
    def per_s(self) -> float:
        """Requests a second of the clock."""
        return self.requests / self.seconds

    @property
    def server_cpu_us(self) -> float:
        """The server's CPU microseconds for one request."""
        return self.server_cpu_s / self.requests * 1e6


class Served(AbstractContextManager["Served"]):
    """A service in a process of its own. `ready_s` and `ready_cpu_s` are what its start took."""

    def __init__(self, home: Path, command: Sequence[str | Path] = (), *, pin: bool = True) -> None:
        self.home = home
        self.port = _free_port()
        self._command = command or (*CITYSHIELD, "up", "--data", home)
        self._core = {cores()[0]} if pin else os.sched_getaffinity(0)

    def __enter__(self) -> Served:
        self._said = tempfile.TemporaryFile()
        started = time.perf_counter()
        self.process = subprocess.Popen(
            [*map(str, self._command), "--port", str(self.port)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=self._said,
            env=environment(self.home),
            cwd=ROOT,
        )
        os.sched_setaffinity(self.process.pid, self._core)
        while not self._answers():
            if self.process.poll() is not None:
                self._said.seek(0)
                last = self._said.read()[-300:].decode("utf-8", "replace").strip()
                raise RuntimeError(f"the service ended with {self.process.returncode}: {last}")
            if time.perf_counter() - started > _PATIENCE_S:
                self.process.kill()
                raise TimeoutError("the service did not start")
            time.sleep(_GLANCE_S)
        self.ready_s = time.perf_counter() - started
        self.ready_cpu_s = process_cpu_s(self.process.pid)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self._said.close()

    @property
    def pid(self) -> int:
        """The number of its process."""
        return self.process.pid

    def get(self, path: str, language: str = "en") -> bytes:
        """The body of an answer."""
        url = f"http://127.0.0.1:{self.port}{path}"
        with urlopen(Request(url, headers={"accept-language": language}), timeout=30) as answer:
            body: bytes = answer.read()
        return body

    def post(self, path: str, body: bytes) -> bytes:
        """The body of an answer to a JSON body."""
        headers = {"content-type": "application/json"}
        url = f"http://127.0.0.1:{self.port}{path}"
        with urlopen(Request(url, body, headers), timeout=30) as answer:
            told: bytes = answer.read()
        return told

    def load(self, bodies: Path, requests: int, path: str = "/api/v1/check") -> Load:
        """Ask so often, with the bodies of a file in turn, from another process and core."""
        command = (sys.executable, "-m", "benchmarks.load", self.port, self.pid, path)
        done = subprocess.run(
            [str(word) for word in (*command, bodies, requests)],
            capture_output=True,
            check=True,
            env=environment(),
            cwd=ROOT,
        )
        return msgspec.json.decode(done.stdout, type=Load)

    def _answers(self) -> bool:
        """Whether /healthz says ok."""
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=2) as asked:
                asked.sendall(b"GET /healthz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
                return b" 200 " in asked.recv(64)
        except OSError:
            return False


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
