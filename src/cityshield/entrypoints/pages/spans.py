"""Spans of time, as pages name them."""

from __future__ import annotations

from cityshield.entrypoints.pages.routes import Page


def span(page: Page, language: str, seconds: int) -> str:
    """A span of time in words, with the two largest units that it has."""
    minutes = max(1, -(-seconds // 60))
    days, hours, rest = minutes // 1440, minutes // 60 % 24, minutes % 60
    parts = [("days", days), ("hours", hours)] if days else [("hours", hours), ("minutes", rest)]
    said = [page.say(f"span-{unit}", language, count=count) for unit, count in parts if count]
    return " ".join(said)
