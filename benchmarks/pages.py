"""Pages: what a first visit to the public page weighs, uncompressed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape

from benchmarks.measure import Bar, Bench, Row
from benchmarks.service import Served

_ASSET = re.compile(r'(?:href|src)="(/static/[^"]+)"')
_IMPORT = re.compile(rb'(?:from|import)\s*\(?\s*"([^"]+)"|@import|url\(\s*["\']?(?!["\']?data:)')


def measure(bench: Bench) -> Iterator[Row]:
    """Bytes of HTML, style and script in both languages."""
    bar = Bar("<", 60_000, words="< 60,000")
    with Served(bench.home()) as service:
        for language in ("zh", "en"):
            html = service.get("/", language)
            weights = {"html": len(html)}
            for address in dict.fromkeys(_ASSET.findall(html.decode())):
                body = service.get(unescape(address), language)
                if _IMPORT.search(body):
                    raise RuntimeError(f"{address} loads more than is counted here")
                kind = address.partition("?")[0].rpartition(".")[2]
                weights[kind] = weights.get(kind, 0) + len(body)
            note = ", ".join(f"{kind} {weight:,}" for kind, weight in weights.items())
            yield Row(f"first page, {language}", sum(weights.values()), "bytes", bar=bar, note=note)
