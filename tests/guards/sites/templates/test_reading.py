"""Reading of templates: what is taken, and each reason why one is not, with its line."""

from __future__ import annotations

from hashlib import sha256

import pytest

from cityshield.guards.sites.templates.model import DSL, REGEX, WORD, Extractor, Matcher, Refused
from cityshield.guards.sites.templates.reading import MOST_MATCHERS, read_template
from tests.guards.sites.templates.written import written

WORDS = "matchers:\n  - type: word\n    words: [parcel]"


def reason_of(data: bytes) -> tuple[str, int]:
    with pytest.raises(Refused) as refused:
        read_template(data)
    return refused.value.reason, refused.value.line


def test_all_that_a_template_says_is_kept() -> None:
    data = written(
        "host-redirects: true\nmatchers-condition: and\nmatchers:\n  - type: word\n    part: header\n"
        "    words: [Parcel, Box]\n    condition: and\n    case-insensitive: true\n    name: head\n"
        "  - type: status\n    status: [200, '404']\n    negative: true\n"
        "  - type: binary\n    binary: ['504b']\n  - type: size\n    size: [12]\n"
        "  - type: dsl\n    dsl: ['len(body) > 1']\n"
        "extractors:\n  - type: regex\n    group: 1\n    regex: ['v([0-9.]+)']\n"
        "  - type: kval\n    kval: [Server]\n  - type: json\n    json: ['.version']\n"
    ).replace(
        b"  severity: high\n",
        b"  severity: high\n  reference:\n    - https://makers.example/advisory?x=1\n"
        b"  classification:\n    cwe-id: CWE-200\n  metadata:\n    product: parcel_box\n",
    )
    found = read_template(data, "a/b.yaml")
    assert (found.id, found.name, found.severity) == ("parcel-panel", "Parcel Panel", "high")
    assert (found.file, found.sha256) == ("a/b.yaml", sha256(data).hexdigest())
    assert (found.tags, found.products, found.cwe) == (("panel",), ("parcel-box",), 200)
    assert found.reference == "makers.example"
    (question,) = found.questions
    assert (question.asks, question.every, question.redirects) == (("/",), True, "host")
    assert question.matchers[0] == Matcher(
        WORD, ("Parcel", "Box"), part="header", name="head", every=True, caseless=True
    )
    assert (question.matchers[1].numbers, question.matchers[1].negative) == ((200, 404), True)
    assert question.matchers[4] == Matcher(DSL, ("len(body) > 1",))
    assert question.extractors == (
        Extractor(REGEX, ("v([0-9.]+)",), group=1), Extractor("kval", ("Server",)),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("said", "severity"), [("info", "none"), ("unknown", "none"), ("Critical", "critical")]
)
def test_severities_are_those_of_cvss(said: str, severity: str) -> None:
    data = written(WORDS).replace(b"severity: high", f"severity: {said}".encode())
    assert read_template(data).severity == severity


@pytest.mark.parametrize(
    ("conditions", "reason", "line"),
    [
        ("", "conditions", 6),
        ("matchers: []", "conditions", 6),
        ("body: a=1\n" + WORDS, "body", 10),
        ("payloads:\n  user: [admin]\n" + WORDS, "payloads", 10),
        ("fuzzing: []\n" + WORDS, "fuzzing", 10),
        ("unsafe: true\n" + WORDS, "unsafe", 10),
        ("race: true\n" + WORDS, "unsafe", 10),
        ("req-condition: true\n" + WORDS, "several-answers", 10),
        ("global-matchers: true\n" + WORDS, "protocol", 10),
        ("surprise: true\n" + WORDS, "key", 10),
        ("headers:\n  Cookie: a=1\n" + WORDS, "headers", 11),
        ("headers: [a]\n" + WORDS, "headers", 10),
        ("matchers: 1", "key", 10),
        ("matchers-condition: xor\n" + WORDS, "matcher", 10),
        ("matchers:\n  - type: xpath\n    xpath: [/a]", "matcher", 0),
        ("matchers:\n  - type: word\n    words: []", "matcher", 11),
        ("matchers:\n  - type: word\n    words: ['']", "matcher", 11),
        ("matchers:\n  - type: word\n    words: [[a]]", "key", 12),
        ("matchers:\n  - type: word\n    words: ['{{user}}']", "variables", 11),
        ("matchers:\n  - type: word\n    part: body_2\n    words: [a]", "several-answers", 12),
        ("matchers:\n  - type: status\n    status: [ok]", "matcher", 11),
        ("matchers:\n  - type: binary\n    binary: [xyz]", "matcher", 11),
        ("matchers:\n  - type: regex\n    regex: ['(?=a)']", "pattern", 11),
        ("matchers:\n  - type: regex\n    regex: ['a{5000}']", "pattern", 11),
        ("matchers:\n  - type: regex\n    case-insensitive: true\n    regex: [a]", "matcher", 11),
        ("matchers:\n  - type: dsl\n    dsl: ['wait_for(3)']", "function", 11),
        ("matchers:\n  - type: dsl\n    dsl: ['len(']", "expression", 11),
        ("matchers:\n  - type: dsl\n    dsl: ['len(body_2) > 1']", "several-answers", 11),
        ("matchers:\n  - type: dsl\n    dsl: ['regex(\"(?<a)\", body)']", "pattern", 11),
        (WORDS + "\nextractors:\n  - type: regex\n    internal: true\n    regex: [a]", "extractor", 14),
        (WORDS + "\nextractors:\n  - type: regex\n    group: 3\n    regex: [(a)]", "extractor", 14),
        ("extractors:\n  - type: json\n    json: ['.a']", "conditions", 6),
    ],
)  # fmt: skip
def test_what_is_not_taken_has_a_reason_and_a_line(conditions: str, reason: str, line: int) -> None:
    told = reason_of(written(conditions))
    assert told[0] == reason
    if line:
        assert told[1] == line


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("method: GET", "method: POST", "method"),
        ("method: GET", "method: [GET]", "key"),
        ("id: parcel-panel", "id: ../../x", "id"),
        ("id: parcel-panel", "idx: 1", "id"),
        ("tags: panel", "tags: panel,intrusive", "tags"),
        ("tags: panel", "tags: [fuzz]", "tags"),
        ("http:\n", "network:\n", "protocol"),
        ("http:\n", "variables:\n  a: 1\nhttp:\n", "variables"),
        ("http:\n", "flow: http(1)\nhttp:\n", "flow"),
        ("http:\n", "code: []\nhttp:\n", "protocol"),
        ("http:\n", "dns: []\nhttp:\n", "protocol"),
        ("words: [parcel]", "words: ['{{interactsh-url}}']", "out-of-band"),
        ("info:", "inf:", "key"),
    ],
)
def test_a_change_makes_it_refused(old: str, new: str, reason: str) -> None:
    assert reason_of(written(WORDS).replace(old.encode(), new.encode()))[0] == reason


def test_a_hole_is_not_tried_even_by_a_plain_path() -> None:
    assert read_template(written(WORDS, "{{BaseURL}}/x.php?a=1"))
    assert reason_of(written(WORDS, "{{BaseURL}}/x.php?a=1", tags="cve,sqli"))[0] == "attack"
    assert read_template(written(WORDS, "{{BaseURL}}/x.php", tags="cve,sqli"))


def test_ten_thousand_matchers_are_taken_and_no_more() -> None:
    one = "  - type: word\n    words: [parcel]\n"
    data = written("matchers:\n" + one * MOST_MATCHERS)
    assert len(read_template(data).questions[0].matchers) == MOST_MATCHERS
    assert reason_of(written("matchers:\n" + one * (MOST_MATCHERS + 1)))[0] == "too-large"
    paths = "\n".join(f'      - "{{{{BaseURL}}}}/{n}"' for n in range(61))
    many = written(WORDS).replace(b'      - "{{BaseURL}}/"', paths.encode())
    assert reason_of(many)[0] == "too-large"


DNS = b"""id: txt
info: {name: TXT, severity: low}
dns:
  - name: "{{FQDN}}"
    type: TXT
    matchers:
      - type: word
        words: [verify]
"""


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [(b"TXT\n", b"SOA\n", "record"), (b"{{FQDN}}", b"x.{{FQDN}}", "record"),
     (b"{{FQDN}}", b"other.example", "record"), (b"    type: TXT", b"    trace: true", "key")],
)  # fmt: skip
def test_records_of_the_name_itself_are_taken(old: bytes, new: bytes, reason: str) -> None:
    assert read_template(DNS).questions[0].asks == ("TXT",)
    assert read_template(DNS).questions[0].matchers[0].part == "raw"
    assert reason_of(DNS.replace(old, new))[0] == reason


def test_versions_of_tls_are_taken_one_by_one() -> None:
    data = DNS.replace(b'dns:\n  - name: "{{FQDN}}"\n    type: TXT', b"""ssl:
  - address: "{{Host}}:{{Port}}"
    min_version: tls10
    max_version: tls10""")  # fmt: skip
    assert read_template(data).questions[0].asks == ("TLS 1.0",)
    assert reason_of(data.replace(b"max_version: tls10", b"max_version: tls12"))[0] == "version"
    assert reason_of(data.replace(b"{{Host}}:{{Port}}", b"other.example"))[0] == "path"
