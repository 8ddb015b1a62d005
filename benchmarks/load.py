"""A client that asks as fast as it is answered: connections kept alive, one question at a time."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from itertools import islice

import msgspec
import uvloop

from benchmarks.measure import cores, process_cpu_s

CONNECTIONS = 16


class Client(asyncio.Protocol):
    """One connection: sends the next question when the answer to the last is complete."""

    def __init__(self, crowd: Crowd) -> None:
        self._crowd = crowd
        self._answer = bytearray()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        self._crowd.ask(transport)

    def data_received(self, data: bytes) -> None:
        answer = self._answer
        answer += data
        end = answer.find(b"\r\n\r\n")
        if end < 0:
            return
        head = bytes(answer[:end]).lower()
        start = head.index(b"content-length:") + 15
        length = int(head[start:].partition(b"\r\n")[0])
        if len(answer) < end + 4 + length:
            return
        self._crowd.note(head, answer)
        answer.clear()
        self._crowd.ask(self._transport)

    def connection_lost(self, error: Exception | None) -> None:
        self._crowd.lost()


class Crowd:
    """All connections: whose turn it is, and what was answered."""

    def __init__(self, questions: list[bytes], requests: int) -> None:
        self._questions = questions
        self._left = self._due = requests
        self.ok = self.malicious = 0
        self.done = asyncio.get_running_loop().create_future()

    def ask(self, transport: asyncio.BaseTransport) -> None:
        if self._left:
            self._left -= 1
            transport.write(self._questions[self._left % len(self._questions)])  # type: ignore[attr-defined]

    def note(self, head: bytes, answer: bytearray) -> None:
        self.ok += head.startswith(b"http/1.1 200")
        self.malicious += b'"level":"malicious"' in answer
        self._due -= 1
        if not self._due and not self.done.done():
            self.done.set_result(None)

    def lost(self) -> None:
        if not self.done.done():
            self.done.set_exception(ConnectionError("the server hung up"))


async def press(port: int, pid: int, questions: list[bytes], requests: int) -> dict[str, object]:
    """Send so many requests; what came back, and what the server spent on it."""
    loop = asyncio.get_running_loop()
    crowd = Crowd(questions, requests)
    cpu_s, started = process_cpu_s(pid), time.perf_counter()
    connections = [
        await loop.create_connection(lambda: Client(crowd), "127.0.0.1", port)
        for _ in range(min(CONNECTIONS, requests))
    ]
    await crowd.done
    seconds = time.perf_counter() - started
    spent = process_cpu_s(pid) - cpu_s
    for transport, _ in connections:
        transport.close()
    return {
        "requests": requests,
        "seconds": seconds,
        "server_cpu_s": spent,
        "ok": crowd.ok,
        "malicious": crowd.malicious,
    }


def main() -> None:
    port, pid, path, bodies, requests = sys.argv[1:]
    os.sched_setaffinity(0, {cores()[1]})
    with open(bodies, "rb") as file:
        questions = [
            f"POST {path} HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\n"
            f"content-length: {len(body)}\r\n\r\n".encode()
            + body
            for line in islice(file, int(requests))
            if (body := line.rstrip(b"\n"))
        ]
    told = uvloop.run(press(int(port), int(pid), questions, int(requests)))
    sys.stdout.buffer.write(msgspec.json.encode(told))


if __name__ == "__main__":
    main()
