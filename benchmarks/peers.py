"""The plain programs that some figures are held against, each run as a process of its own."""

from __future__ import annotations

import json
import sqlite3
import sys
from pathlib import Path
from urllib.parse import urlsplit


def insert(lines: str, database: str) -> None:
    """Put each line of a file into a table with one text as its primary key."""
    connection = sqlite3.connect(database)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=NORMAL")
    connection.execute("CREATE TABLE hosts (name TEXT PRIMARY KEY)")
    with open(lines, encoding="utf-8") as file, connection:
        rows = ((line.rstrip("\n"),) for line in file)
        connection.executemany("INSERT OR IGNORE INTO hosts VALUES (?)", rows)
    connection.close()


def split(lines: str) -> None:
    """Take each link of a file apart and print the pieces as JSON."""
    with open(lines, encoding="utf-8") as file:
        for line in file:
            try:
                pieces = urlsplit(line.rstrip("\n"))
            except ValueError:
                continue
            print(json.dumps({"scheme": pieces.scheme, "host": pieces.netloc, "path": pieces.path}))


def scan(rules: str, lines: str) -> None:
    """Scan each file that a list names with yara_x alone, and print how many matched."""
    import yara_x

    compiler = yara_x.Compiler(relaxed_re_syntax=True)
    compiler.ignore_invalid_rules(True)
    for name in ("filename", "filepath", "extension", "filetype", "owner", "file_type"):
        compiler.define_global(name, "")
    for path in sorted(Path(rules).rglob("*.yar*")):
        compiler.new_namespace(path.name)
        try:
            compiler.add_source(path.read_text(encoding="utf-8", errors="replace"))
        except yara_x.CompileError:
            continue
    scanner = yara_x.Scanner(compiler.build())
    matched = 0
    for line in Path(lines).read_text(encoding="utf-8").splitlines():
        matched += bool(scanner.scan(Path(line).read_bytes()).matching_rules)
    print(matched)


def resolve(names: str, output: str) -> None:
    """Ask a resolver for the TXT records of names with dnspython; write how many had some."""
    import asyncio

    import dns.asyncresolver
    import dns.exception

    resolver = dns.asyncresolver.Resolver(configure=False)
    resolver.nameservers = ["127.0.0.1"]
    left = iter(Path(names).read_text(encoding="utf-8").split())

    async def some() -> int:
        count = 0
        for name in left:
            try:
                count += bool(await resolver.resolve(name, "TXT"))
            except dns.exception.DNSException:
                continue
        return count

    async def every() -> int:
        return sum(await asyncio.gather(*(some() for _ in range(200))))

    Path(output).write_text(str(asyncio.run(every())))


if __name__ == "__main__":
    {"insert": insert, "split": split, "scan": scan, "resolve": resolve}[sys.argv[1]](*sys.argv[2:])
