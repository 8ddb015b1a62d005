"""Which outside hosts pages load scripts from: one that falls takes many sites along."""

from __future__ import annotations

from typing import Final

from cityshield.adapters.history.analytics import Analytics
from cityshield.adapters.history.run import RunFolder
from cityshield.vocabulary.census import ThirdParty

MOST: Final = 50

_SCRIPTS = """
SELECT DISTINCT n, host AS site,
    regexp_extract(lower(url), '^https?://(?:[^/?#@]*@)?([^/:?#@]+)', 1) AS there, integrity
FROM (
    SELECT n, host, s->>'$.url' AS url, coalesce(s->>'$.integrity', '') AS integrity FROM (
        SELECT n, host, unnest(CAST(coalesce(
            json_extract(facts, '$.secure.page.scripts'),
            json_extract(facts, '$.plain.page.scripts')
        ) AS JSON[])) AS s
        FROM {facts} WHERE NOT again AND reason = ''
    )
)
"""
_BASES = """
SELECT *, CASE
    WHEN strpos(parent, '.') = 0 THEN site
    WHEN length(top) = 2 AND split_part(parent, '.', 1) IN
        ('ac', 'co', 'com', 'edu', 'gov', 'mil', 'net', 'or', 'org') THEN site
    ELSE parent END AS base
FROM (
    SELECT *, substr(parent, strpos(parent, '.') + 1) AS top
    FROM (SELECT *, substr(site, strpos(site, '.') + 1) AS parent FROM ({scripts}))
)
"""
"""The name that a site and its siblings hang on, as `guards.sites.hosts.base_of` has it."""


def third_parties_of(ask: Analytics, folder: RunFolder) -> list[ThirdParty]:
    """The outside hosts, those that the most sites load scripts from first."""
    bases = _BASES.format(scripts=_SCRIPTS.format(facts=folder.facts_table))
    return [
        ThirdParty(*row)
        for row in ask.rows(
            "SELECT there, count(DISTINCT n), "
            "count(DISTINCT n) FILTER (WHERE integrity = '') "
            f"FROM ({bases}) WHERE there <> '' AND there <> site AND there <> base "
            "AND NOT suffix(there, '.' || base) AND NOT suffix(site, '.' || there) "
            f"GROUP BY 1 ORDER BY 2 DESC, 3 DESC, 1 LIMIT {MOST}"
        )
    ]
