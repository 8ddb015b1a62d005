"""What the peers of the figures of websites said, beside what we said, in words of one kind.

A claim is a word for what is wrong with a site, or for what it runs. What peers say that was found
not to be so, by hand, is named in `NOT_SO`.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from benchmarks.farm import Site
from benchmarks.proof import prove
from benchmarks.site_peers import read_retire, read_wapiti, read_whatweb
from benchmarks.visitors import Seen
from cityshield.adapters.sites.log import Line

NOT_SO = {
    "Extended Validation": "certificates of that kind are no safer, and browsers show none of it",
    "OCSP Must-Staple": "authorities have given up OCSP, and with it what this extension asks for",
    "secure renegotiations": "`openssl s_client` says that it is supported",
    "acceptable for TLSv1": "a list of suites that are no fault",
}
"""Words of wapiti that are no true findings on this farm, and why."""

_WAPITI = {
    "CSP is not set": "csp",
    "X-Frame-Options is not set": "framing",
    "X-Content-Type-Options is not set": "nosniff",
    "Strict-Transport-Security is not set": "hsts",
    "(HSTS) is not set": "hsts",
    "No HTTPS redirection": "no-redirect",
    "Certificate has expired": "bad-certificate",
    "Self-signed certificate": "bad-certificate",
    "Secure flag is not set": "cookie-secure",
    "HttpOnly flag is not set": "cookie-http-only",
    "deprecated and/or insecure": "old-tls",
}
_OBSERVATORY = {
    "csp-not-implemented": ("csp",),
    "x-frame-options-not-implemented": ("framing",),
    "x-content-type-options-not-implemented": ("nosniff",),
    "hsts-not-implemented": ("hsts",),
    "hsts-invalid-cert": ("hsts", "bad-certificate"),
    "redirection-missing": ("no-redirect",),
    "redirection-invalid-cert": ("bad-certificate",),
    "cookies-session-without-secure-flag": ("cookie-secure",),
    "sri-not-implemented-and-external-scripts-not-loaded-securely": ("mixed",),
}
_OURS = {
    "sites.csp_missing": "csp",
    "sites.framing": "framing",
    "sites.nosniff": "nosniff",
    "sites.hsts_missing": "hsts",
    "sites.no_redirect": "no-redirect",
    "sites.certificate_expired": "bad-certificate",
    "sites.certificate_self_signed": "bad-certificate",
    "sites.certificate_unknown_issuer": "bad-certificate",
    "sites.certificate_name": "bad-certificate",
    "sites.certificate_incomplete": "bad-certificate",
    "sites.certificate_chain": "bad-certificate",
    "sites.cookie_secure": "cookie-secure",
    "sites.cookie_http_only": "cookie-http-only",
    "sites.tls_old_versions": "old-tls",
    "sites.tls_weak_suites": "weak-suites",
    "sites.mixed_content": "mixed",
    "sites.exposed/listing": "listing",
}
_VERSIONS = {
    f"{name}_cipher_suites": told
    for name, told in (("ssl_3_0", "SSL 3.0"), ("tls_1_0", "TLS 1.0"), ("tls_1_1", "TLS 1.1"),
                       ("tls_1_2", "TLS 1.2"), ("tls_1_3", "TLS 1.3"))
}  # fmt: skip
_NO_FINGERPRINTS = {"Country"}
"""What whatweb tells of any reserved address."""

Claims = dict[str, set[str]]


class Polite(msgspec.Struct, frozen=True):
    """What the server's log shows: connections at once, and requests that began in a second."""

    requests: int
    at_once: int
    per_s: int


def compare_tls(ours: Path, theirs: Path) -> list[str]:
    """The hosts on which the verdicts on TLS differ, and how."""
    seen: dict[str, dict[str, Any]] = json.loads(ours.read_bytes())
    wrong = []
    for host, them in _sslyze(theirs):
        us = seen[host]
        leaf = us["chain"][0] if us.get("chain") else {}
        mine = {
            "versions": us.get("versions", []),
            "weak": sorted(us.get("weak", [])),
            "trusted": not us.get("trust"),
            "key": leaf.get("key_bits"),
            "signature": leaf.get("signature"),
        }
        wrong += [
            f"{host} {name}: {mine[name]}, sslyze {them[name]}"
            for name in mine
            if mine[name] != them[name]
        ]
    return wrong


def compare_fingerprints(seen: Mapping[str, Seen], theirs: Path) -> tuple[list[str], int]:
    """What whatweb recognised and we did not keep, and how much it recognised."""
    lacking: Counter[str] = Counter()
    count = 0
    for host, plugins in read_whatweb(theirs).items():
        ours = seen[host]
        for name, told in plugins.items():
            if name in _NO_FINGERPRINTS:
                continue
            count += 1
            if not _is_known(ours, name, told):
                lacking[name] += 1
    return [f"{name} on {times}" for name, times in lacking.items()], count


def compare_passive(seen: Mapping[str, Seen], theirs: Mapping[str, Path]) -> tuple[list[str], int]:
    """True findings of wapiti that are not ours, and how many true ones there are."""
    lacking, count = [], 0
    for host, path in theirs.items():
        mine = _our_claims(seen[host])
        for _, words in sorted(read_wapiti(path)):
            if any(part in words for part in NOT_SO):
                continue
            count += 1
            claim = next((claim for part, claim in _WAPITI.items() if part in words), words[:60])
            if claim not in mine:
                lacking.append(f"{host} {claim}")
    return lacking, count


def compare_libraries(ours: Path, theirs: Path) -> tuple[list[str], int]:
    """What only one of both says of a file, and how much retire says."""
    seen: dict[str, list[Any]] = json.loads(ours.read_bytes())
    told = read_retire(theirs)
    differ, count = [], 0
    for name, found in seen.items():
        mine = {(component, version, "") for component, version, _ in found}
        mine |= {(c, v, each) for c, v, known in found for ids in known for each in ids}
        them = told.get(name, set())
        count += len(them)
        differ += [f"{name} {' '.join(each)}" for each in sorted(mine ^ them)]
    return differ, count


def told_by_peers(
    scratch: Path, sites: Sequence[Site], retired: Path | None = None
) -> list[Claims]:
    """The claims of each peer that was run, by host."""
    count = len(sites)
    told: list[Claims] = []
    if (path := scratch / f"observatory-{count}").exists():
        found: dict[str, Any] = json.loads(path.read_bytes())
        told.append(
            {
                host: {
                    c
                    for result, _ in one.get("tests", {}).values()
                    for c in _OBSERVATORY.get(result, ())
                }
                for host, one in found.items()
            }
        )
    if (path := scratch / "sslyze peer").exists():
        told.append({host: _sslyze_claims(verdict) for host, verdict in _sslyze(path)})
    if seen := sorted(scratch.glob("whatweb-*"), key=lambda path: path.stat().st_size):
        recognised = read_whatweb(seen[-1])
        told.append({host: set(_whatweb_claims(found)) for host, found in recognised.items()})
    wapiti = {path.name.removeprefix("wapiti-"): path for path in scratch.glob("wapiti-*.example")}
    if wapiti:
        told.append(
            {
                host: {
                    claim
                    for _, words in read_wapiti(path)
                    for part, claim in _WAPITI.items()
                    if part in words
                }
                for host, path in wapiti.items()
            }
        )
    if retired is not None:
        told.append(_retire_claims(retired))
    return told


def compare_agreed(seen: Mapping[str, Seen], told: Sequence[Claims]) -> tuple[int, list[str]]:
    """How many claims at least two peers made of the same site, and which of them we lack."""
    agreed, lacking = 0, []
    for host, one in seen.items():
        times = Counter(claim for claims in told for claim in claims.get(host, ()))
        both = {claim for claim, count in times.items() if count > 1}
        agreed += len(both)
        lacking += [f"{host} {claim}" for claim in sorted(both - _our_claims(one))]
    return agreed, lacking


def findings_on(seen: Mapping[str, Seen], sites: Iterable[Site]) -> list[str]:
    """What we say of sites of which there is nothing to say."""
    verdicts = [seen[site.host].verdict for site in sites]
    return [each.check for one in verdicts for each in (*one.findings, *one.evidence, *one.failed)]


def prove_politeness(lines: Iterable[dict[str, str]]) -> Polite:
    """What nginx's log shows of the crowded address, whose own limit lets two requests pass."""
    crowd = list(lines)
    ends = [(float(line["end"]), float(line["took"])) for line in crowd]
    proof = prove(Line(end - took, end, "", "", "") for end, took in ends)
    at_once = max((int(line["open"]) for line in crowd), default=0)
    if any(line["atonce"] != "PASSED" for line in crowd):
        at_once = max(at_once, 3)
    return Polite(len(crowd), at_once, proof.per_s)


def _our_claims(one: Seen) -> set[str]:
    found: set[str] = set()
    for each in one.verdict.findings:
        if claim := _OURS.get(each.check):
            found.add(claim)
        elif each.check == "sites.server_version":
            found.add(f"version {each.args['told'].lower()}")
        elif each.check.startswith("sites.vulnerable_library/"):
            found.add(f"library {each.args['name']} {each.args['version']}".lower())
    return found


def _whatweb_claims(plugins: Mapping[str, Any]) -> Iterator[str]:
    for name, told in plugins.items():
        for version in told.get("version", ()):
            if name in ("JQuery", "Bootstrap"):
                yield f"library {name} {version}".lower()
            elif name == "nginx":
                yield f"version nginx/{version}"
        if name == "Index-Of":
            yield "listing"
        if name == "HTTPServer" and "/" in "".join(told["string"]):
            yield f"version {told['string'][0]}"


def _retire_claims(path: Path) -> Claims:
    """Claims on libraries with known weaknesses, by the folder that a script lies in."""
    found: Claims = {}
    for one in json.loads(path.read_bytes())["data"]:
        for result in one["results"]:
            if result.get("vulnerabilities"):
                claim = f"library {result['component']} {result['version']}".lower()
                found.setdefault(Path(one["file"]).parent.name, set()).add(claim)
    return found


def _is_known(one: Seen, name: str, told: Mapping[str, Any]) -> bool:
    """Whether what a plugin of whatweb says is among our facts."""
    visit = one.facts.secure
    if visit is None or not visit.hops:
        return False
    page, headers = visit.page, dict(visit.hops[-1].headers)
    strings = [str(each) for each in told.get("string", ())]
    if name == "Title":
        return page is not None and [page.title] == strings
    if name == "HTML5":
        return page is not None and page.doctype == "html"
    if name == "Script":
        return page is not None and bool(page.scripts)
    if name == "Index-Of":
        return page is not None and "listing" in page.marks
    if name == "IP":
        return [visit.address] == strings
    if name == "Cookies":
        return {cookie.name for cookie in visit.cookies} >= set(strings)
    if name == "HttpOnly":
        return {cookie.name for cookie in visit.cookies if cookie.http_only} >= set(strings)
    if name == "HTTPServer":
        return [headers.get("server")] == strings
    if name == "nginx":
        versions = [f"nginx/{version}" for version in told.get("version", ())] or ["nginx"]
        return headers.get("server") in versions
    if name == "UncommonHeaders":
        return set(strings[0].split(",")) <= headers.keys()
    if name in ("JQuery", "Bootstrap"):
        known = {pair for script in page.scripts for pair in script.libraries} if page else set()
        return all((name.lower(), version) in known for version in told.get("version", ()))
    return headers.get(name.lower()) in strings


def _sslyze(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """The verdicts of sslyze, by host."""
    for one in json.loads(path.read_bytes())["server_scan_results"]:
        result = one["scan_result"]
        if not result:
            continue
        versions, weak = [], set()
        for name, told in _VERSIONS.items():
            suites = (result[name]["result"] or {}).get("accepted_cipher_suites", ())
            if suites:
                versions.append(told)
            for suite in suites:
                weak |= _families(suite["cipher_suite"]["name"])
        deployed = result["certificate_info"]["result"]["certificate_deployments"][0]
        leaf = deployed["received_certificate_chain"][0]
        supplied = [
            each["was_validation_successful"]
            for each in deployed["path_validation_results"]
            if each["trust_store"]["name"] == "Supplied CA file"
        ]
        yield (
            one["server_location"]["hostname"],
            {
                "versions": versions,
                "weak": sorted(weak),
                "trusted": any(supplied),
                "key": leaf["public_key"].get("key_size"),
                "signature": leaf["signature_hash_algorithm"]["name"],
            },
        )


def _sslyze_claims(verdict: Mapping[str, Any]) -> set[str]:
    found = set() if verdict["trusted"] else {"bad-certificate"}
    if {"SSL 3.0", "TLS 1.0", "TLS 1.1"} & set(verdict["versions"]):
        found.add("old-tls")
    if verdict["weak"]:
        found.add("weak-suites")
    return found


def _families(suite: str) -> set[str]:
    """The weak families of a suite, by its name (see `facts.Tls`)."""
    parts = {
        "anon": "ANON", "EXPORT": "EXPORT", "WITH_NULL": "NULL", "RC4": "RC4", "3DES": "3DES",
        "WITH_DES_": "DES",
    }  # fmt: skip
    found = {family for part, family in parts.items() if part in suite}
    if suite.endswith("_MD5"):
        found.add("MD5")
    if suite.startswith("TLS_RSA_"):
        found.add("STATIC-RSA")
    if suite.endswith("_CBC_SHA"):
        found.add("CBC-SHA1")
    return found
