"""What a run found, in numbers; what changed between two; and its findings, one by one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import msgspec

from cityshield.adapters.history.analytics import Analytics, analytics
from cityshield.adapters.history.asked import politeness_of
from cityshield.adapters.history.run import RunFolder, why_no_result
from cityshield.adapters.history.third_parties import third_parties_of
from cityshield.vocabulary.census import (
    PROFILES,
    REASONS,
    WORST_FIRST,
    Changed,
    CheckCount,
    Difference,
    Figures,
    Run,
    Share,
    Told,
    Worst,
)

MOST_SHARES: Final = 200
MOST_WORST: Final = 50
_SEVERE = "('critical', 'high')"
_BROKEN_INTO = "('suspicious', 'malicious')"
_RANK = "list_position(['critical', 'high', 'medium', 'low', 'none'], severity)"


def figures_of(folder: RunFolder, run: Run) -> Figures:
    """The figures of a run by its last judgement."""
    verdicts, findings = folder.verdicts(run.judgement), folder.findings(run.judgement)
    with analytics(folder.path) as ask:
        ask.rows(
            f"CREATE TEMP TABLE judged AS SELECT v.n, v.host, v.level, v.grade, p.owner, p.sector, "
            f"p.district FROM {verdicts} v JOIN {folder.plan} p USING (n) WHERE v.reason = ''"
        )
        ask.rows(
            'CREATE TEMP TABLE found AS SELECT n, "check", severity, count(*) AS times FROM '
            f"{findings} GROUP BY ALL"
        )
        reasons = dict(
            ask.rows(f"SELECT reason, count(*) FROM {why_no_result(folder, verdicts)} GROUP BY 1")
        )
        ask.rows("CREATE TEMP TABLE counted AS SELECT * FROM found SEMI JOIN judged USING (n)")
        severities = dict(ask.rows("SELECT severity, count(DISTINCT n) FROM counted GROUP BY 1"))
        asked = ask.rows(
            "SELECT coalesce(sum(requests), 0), coalesce(sum(connections), 0), "
            "coalesce(sum(bytes_in), 0), count(*) FILTER (WHERE again), "
            'coalesce(max("at") - min("at"), 0) '
            f"FROM {folder.facts_table}"
        )[0]
        parked, for_sale, alike, alike_pages = _same(ask, folder)
        judged, broken_into = ask.rows(
            f"SELECT count(*), count(*) FILTER (WHERE level IN {_BROKEN_INTO}) FROM judged"
        )[0]
        return Figures(
            run,
            judged,
            {name: reasons[name] for name in sorted(reasons, key=_place)},
            dict(ask.rows("SELECT grade, count(*) FROM judged GROUP BY 1 ORDER BY 1")),
            {word: severities[word] for word in WORST_FIRST if word in severities},
            ask.rows(f"SELECT count(DISTINCT n) FROM counted WHERE severity IN {_SEVERE}")[0][0],
            [
                CheckCount(*row)
                for row in ask.rows(
                    'SELECT "check", arg_min(severity, rank), count(DISTINCT n) FROM '
                    f"(SELECT *, {_RANK} AS rank FROM found) GROUP BY 1 "
                    "ORDER BY min(rank), 3 DESC, 1"
                )
            ],
            _shares(ask, folder, "owner"),
            _shares(ask, folder, "sector"),
            _shares(ask, folder, "district"),
            _worst(ask),
            again=asked[3],
            requests=int(asked[0]),
            connections=int(asked[1]),
            bytes_in=int(asked[2]),
            took_s=int(asked[4]),
            politeness=politeness_of(folder.path),
            parked=parked,
            for_sale=for_sale,
            alike=alike,
            alike_pages=alike_pages,
            third_parties=third_parties_of(ask, folder),
            broken_into=broken_into,
        )


def _place(reason: str) -> tuple[int, str]:
    """Where a reason stands among the others; those that nobody foresaw come last."""
    return REASONS.index(reason) if reason in REASONS else len(REASONS), reason


def _shares(ask: Analytics, folder: RunFolder, column: str) -> list[Share]:
    """The sites of each owner, sector or district, those with the most severe sites first."""
    severe = f"SELECT DISTINCT n FROM counted WHERE severity IN {_SEVERE}"
    rows = ask.rows(
        f"SELECT p.{column}, count(*), count(j.n), count(s.n) FROM {folder.plan} p "
        f"LEFT JOIN judged j USING (n) LEFT JOIN ({severe}) s USING (n) "
        f"WHERE p.{column} <> '' GROUP BY 1 ORDER BY 4 DESC, 3 DESC, 1 LIMIT {MOST_SHARES}"
    )
    grades: dict[str, dict[str, int]] = {}
    for name, grade, count in ask.rows(
        f"SELECT {column}, grade, count(*) FROM judged GROUP BY ALL ORDER BY ALL"
    ):
        grades.setdefault(name, {})[grade] = count
    return [
        Share(name, sites, judged, severe, grades.get(name, {}))
        for name, sites, judged, severe in rows
    ]


def _same(ask: Analytics, folder: RunFolder) -> tuple[int, int, int, int]:
    """Sites that are parked, for sale, that show what others show too, and how many such pages."""
    page = "coalesce(facts->'$.secure.page', facts->'$.plain.page')"
    rows = ask.rows(
        "SELECT count(*) FILTER (WHERE parked), count(*) FILTER (WHERE for_sale), "
        "coalesce(sum(shared) FILTER (WHERE first), 0), count(*) FILTER (WHERE first) FROM "
        "(SELECT parked, for_sale, count(*) OVER (PARTITION BY digest) AS shared, "
        "row_number() OVER (PARTITION BY digest) = 1 AND shared > 1 AND digest <> '' AS first FROM "
        "(SELECT coalesce(page->>'$.sha256', '') AS digest, marks LIKE '%\"parked\"%' AS parked, "
        "marks LIKE '%\"for-sale\"%' AS for_sale FROM (SELECT page, "
        "coalesce(CAST(page->'$.marks' AS VARCHAR), '') AS marks FROM "
        f"(SELECT {page} AS page FROM {folder.facts_table} WHERE NOT again AND reason = ''))))"
    )
    parked, for_sale, alike, pages = map(int, rows[0])
    return parked, for_sale, alike, pages


def _worst(ask: Analytics) -> list[Worst]:
    """The sites with the most of the worst findings."""
    rows = ask.rows(
        "SELECT j.host, j.owner, j.grade, list(f.severity), list(f.times) FROM judged j "
        "JOIN (SELECT n, severity, sum(times)::BIGINT AS times FROM found GROUP BY ALL) f "
        "USING (n) "
        "GROUP BY ALL ORDER BY coalesce(sum(times) FILTER (WHERE severity = 'critical'), 0) DESC, "
        "coalesce(sum(times) FILTER (WHERE severity = 'high'), 0) DESC, "
        f"coalesce(sum(times) FILTER (WHERE severity = 'medium'), 0) DESC, 1 LIMIT {MOST_WORST}"
    )
    worst = []
    for host, owner, grade, words, times in rows:
        found = dict(zip(words, times, strict=True))
        worst.append(
            Worst(host, owner, grade, {word: found[word] for word in WORST_FIRST if word in found})
        )
    return worst


def difference_of(
    before: RunFolder, run_before: Run, after: RunFolder, run_after: Run
) -> Difference:
    """What changed from one run to another."""
    with analytics(after.path) as ask:
        for name, folder, run in (("b", before, run_before), ("a", after, run_after)):
            ask.rows(
                f"CREATE TEMP TABLE {name} AS SELECT host, any_value(grade) AS grade FROM "
                f"{folder.verdicts(run.judgement)} WHERE reason = '' GROUP BY 1"
            )
            ask.rows(
                f'CREATE TEMP TABLE {name}f AS SELECT host, "check", min({_RANK}) AS rank '
                f"FROM {folder.findings(run.judgement)} GROUP BY ALL"
            )
        compared, only_before, only_after = ask.rows(
            "SELECT count(b.host) FILTER (WHERE a.host IS NOT NULL), "
            "count(b.host) FILTER (WHERE a.host IS NULL), "
            "count(a.host) FILTER (WHERE b.host IS NULL) "
            "FROM b FULL JOIN a USING (host)"
        )[0]
        moves = ask.rows(
            "SELECT b.grade, a.grade, count(*) FROM b JOIN a USING (host) "
            "GROUP BY 1, 2 ORDER BY 1, 2"
        )
        ask.rows(
            "CREATE TEMP TABLE both_seen AS "
            "SELECT host, a.grade <> '' AS is_graded FROM b JOIN a USING (host)"
        )
        changed = ask.rows(
            'SELECT "check", min(coalesce(af.rank, bf.rank)) - 1, '
            "count(*) FILTER (WHERE bf.host IS NULL), "
            "count(*) FILTER (WHERE bf.host IS NOT NULL AND af.host IS NOT NULL), "
            "count(*) FILTER (WHERE af.host IS NULL) "
            "FROM (SELECT bf.* FROM bf JOIN both_seen s USING (host) "
            # what is not found on a site that was hardly seen is not gone
            'WHERE s.is_graded OR (host, bf."check") IN (SELECT host, "check" FROM af)) bf '
            "FULL JOIN (SELECT af.* FROM af JOIN both_seen USING (host)) af "
            'USING (host, "check") GROUP BY 1 ORDER BY 5 + 3 DESC, 1'
        )
    grades = [(was, now, count) for was, now, count in moves if was and now]
    return Difference(
        run_before.id,
        run_after.id,
        compared,
        only_before,
        only_after,
        sum(count for was, now, count in grades if _rank(now) < _rank(was)),
        sum(count for was, now, count in grades if _rank(now) > _rank(was)),
        {f"{was} {now}": count for was, now, count in grades if was != now},
        sorted(
            (Changed(row[0], WORST_FIRST[row[1]], *row[2:]) for row in changed),
            key=lambda item: (WORST_FIRST.index(item.severity), -item.new - item.gone, item.check),
        ),
        less_asked=PROFILES.index(run_after.profile) < PROFILES.index(run_before.profile),
    )


def _rank(grade: str) -> tuple[str, int]:
    """Where a grade stands: A+ before A before A- before B."""
    return grade[:1], {"+": 0, "": 1, "-": 2}.get(grade[1:2], 1)


def tell(folder: RunFolder, run: Run) -> Iterator[Told]:
    """Every finding of a run, by the names of the sites; a site without any is told once."""
    verdicts, findings = folder.verdicts(run.judgement), folder.findings(run.judgement)
    decode = msgspec.json.Decoder(dict[str, str]).decode
    reason = "coalesce(w.reason, '')"
    with analytics(folder.path) as ask:
        query = (
            f"SELECT p.host, p.owner, p.sector, p.district, {reason}, coalesce(v.grade, ''), "
            f"coalesce(v.\"at\", 0), coalesce(f.\"check\", ''), coalesce(f.severity, ''), "
            "coalesce(f.location, ''), coalesce(f.args, '{}') "
            f"FROM {folder.plan} p LEFT JOIN {verdicts} v USING (n) "
            f"LEFT JOIN {why_no_result(folder, verdicts)} w USING (n) "
            f"LEFT JOIN {findings} f USING (n) ORDER BY p.host, {_RANK}, 8, 10"
        )
        for piece in ask.pieces(query):
            for row in piece:
                yield Told(*(*row[:10], decode(row[10])))


def samples(folder: RunFolder, run: Run) -> dict[str, dict[str, str]]:
    """For each check that found something, the arguments of one finding."""
    decode = msgspec.json.Decoder(dict[str, str]).decode
    with analytics(folder.path) as ask:
        query = f'SELECT "check", min(args) FROM {folder.findings(run.judgement)} GROUP BY 1'
        return {name: decode(args) for name, args in ask.rows(query)}
