"""Templates in a few lines, for tests."""

from __future__ import annotations

from cityshield.guards.sites.templates.model import Seen, Template
from cityshield.guards.sites.templates.reading import read_template

HEAD = "id: parcel-panel\ninfo:\n  name: Parcel Panel\n  severity: high\n  tags: {tags}\n"
PAGE = 'http:\n  - method: GET\n    path:\n      - "{url}"\n'


def written(conditions: str, url: str = "{{BaseURL}}/", tags: str = "panel") -> bytes:
    """The YAML of a template for one page; `conditions` are indented by four."""
    lines = "".join(f"    {line}\n" for line in conditions.strip("\n").splitlines())
    return (HEAD.replace("{tags}", tags) + PAGE.replace("{url}", url) + lines).encode()


PARCEL = written("matchers:\n  - type: word\n    words: [parcel]", "{{BaseURL}}/parcel/")
"""One that is taken."""


def template(conditions: str, url: str = "{{BaseURL}}/", tags: str = "panel") -> Template:
    return read_template(written(conditions, url, tags), "parcel-panel.yaml")


def seen(
    body: bytes = b"",
    status: int = 200,
    path: str = "/",
    headers: tuple[tuple[str, str], ...] = (("server", "nginx"), ("content-type", "text/html")),
    **given: bool,
) -> Seen:
    return Seen(path, status, headers, body, "town.example", "192.0.2.10", **given)
