"""Questions to the kept facts of runs: names they came across, and what changed between two."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import blake2b

from cityshield.adapters.history.analytics import analytics
from cityshield.adapters.history.run import RunFolder
from cityshield.guards.sites.facts import SiteFacts
from cityshield.guards.sites.facts import Visit as Seen

_SOFTWARE = frozenset({"server", "x-powered-by", "x-generator"})
_PIECE = 5_000


def names_seen(folder: RunFolder) -> Iterator[list[str]]:
    """Names in certificates, redirects and aliases of the sites of a run, each once, in pieces.

    A wildcard is the name that it stands below.
    """
    names = "CAST(facts->'$.tls.chain[0].names' AS VARCHAR[])"
    chain = "CAST(facts->'$.names.chain' AS VARCHAR[])"
    led = "[regexp_extract(facts->>'$.secure.hops[#-1].url', '^https?://([^/:?#]+)', 1)]"
    with analytics(folder.path) as ask:
        query = (
            "SELECT DISTINCT name FROM (SELECT lower(ltrim(unnest(list_concat("
            f"coalesce({names}, []), coalesce({chain}, []), coalesce({led}, []))), '*.')) AS name "
            f"FROM {folder.facts_table} WHERE NOT again) WHERE name <> '' ORDER BY name"
        )
        for piece in ask.pieces(query, most=_PIECE):
            yield [name for (name,) in piece]


def changed_hosts(before: RunFolder, after: RunFolder) -> Iterator[str]:
    """The hosts of a run that look different from an earlier one, or that it did not have.

    What counts: addresses, the certificate, what software the site says it runs, its scripts, and
    what its page says in fixed words; not its text, which changes every day.
    """
    known: dict[int, int] = {}
    with analytics(before.path) as ask:
        for piece in before.facts(ask):
            for _, facts in piece:
                known[_number(facts.host)] = _print_of(facts)
    with analytics(after.path) as ask:
        for piece in after.facts(ask):
            for _, facts in piece:
                if known.get(_number(facts.host)) != _print_of(facts):
                    yield facts.host


def _print_of(facts: SiteFacts) -> int:
    """A number for what a site looks like."""
    names = facts.names
    addresses = sorted((*names.v4, *names.v6)) if names else ()
    certificate = facts.tls.chain[0].sha256 if facts.tls and facts.tls.chain else ""
    parts: list[object] = [facts.reason, addresses, certificate]
    for visit in (facts.plain, facts.secure):
        parts.append(_look_of(visit) if visit is not None else "")
    return _number(repr(parts))


def _look_of(visit: Seen) -> tuple[object, ...]:
    headers = visit.hops[-1].headers if visit.hops else ()
    software = sorted(header for header in headers if header[0] in _SOFTWARE)
    hops = [(hop.status, hop.location) for hop in visit.hops]
    if visit.page is None:
        return (visit.failed, hops, software)
    page = visit.page
    scripts = sorted((script.url, script.libraries) for script in page.scripts)
    return (visit.failed, hops, software, page.generator, scripts, page.marks)


def _number(text: str) -> int:
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "big")
