"""Records of lists as their publishers write them: CVE, KEV, end of life.

Only what is used is named; everything else in a record is skipped unread.
"""

from __future__ import annotations

import msgspec

from cityshield.adapters.knowledge.cvss import severity_of_score, severity_of_vector

Text = str | None


class Change(msgspec.Struct, frozen=True, gc=False):
    """From which version on something else holds, within a range."""

    at: Text = ""
    status: Text = ""


class Version(msgspec.Struct, frozen=True, rename="camel"):
    """A version or a range of a CVE record (CVE JSON 5.1, `versions`)."""

    version: Text = ""
    status: Text = ""
    less_than: Text = ""
    less_than_or_equal: Text = ""
    changes: list[Change] = []


class Affected(msgspec.Struct, frozen=True, rename="camel"):
    """A product of a CVE record."""

    vendor: Text = ""
    product: Text = ""
    package_name: Text = ""
    default_status: Text = ""
    platforms: list[Text] = []
    versions: list[Version] = []


class Score(msgspec.Struct, frozen=True, rename="camel", gc=False):
    """A score of CVSS, of any version."""

    base_severity: Text = ""
    base_score: float | None = None
    vector_string: Text = ""

    def word(self) -> str:
        """The severity; empty where the score does not tell it."""
        if self.base_severity:
            return self.base_severity
        if self.base_score is not None:
            return severity_of_score(self.base_score)
        return severity_of_vector(self.vector_string or "")


class Other(msgspec.Struct, frozen=True):
    """A measure of the publisher's own: a word such as `moderate`, or that of CISA's KEV."""

    type: Text = ""
    content: msgspec.Raw = msgspec.Raw()


class Metric(msgspec.Struct, frozen=True, gc=False):
    """How bad it is, by one scale or another."""

    v4: Score | None = msgspec.field(default=None, name="cvssV4_0")
    v31: Score | None = msgspec.field(default=None, name="cvssV3_1")
    v30: Score | None = msgspec.field(default=None, name="cvssV3_0")
    v2: Score | None = msgspec.field(default=None, name="cvssV2_0")
    other: Other | None = None


class Description(msgspec.Struct, frozen=True, gc=False):
    """What is weak, in words."""

    value: Text = ""
    lang: Text = ""


class Match(msgspec.Struct, frozen=True, rename="camel", gc=False):
    """Versions of a CPE name (CPE 2.3, applicability)."""

    criteria: Text = ""
    vulnerable: bool = True
    version_start_including: Text = ""
    version_end_excluding: Text = ""
    version_end_including: Text = ""


class Node(msgspec.Struct, frozen=True, rename="camel"):
    """Matches of which any counts."""

    cpe_match: list[Match] = []


class Applicability(msgspec.Struct, frozen=True):
    """Where a CVE record applies, in CPE names."""

    nodes: list[Node] = []


class Container(msgspec.Struct, frozen=True, rename="camel"):
    """What one publisher says in a CVE record."""

    affected: list[Affected] = []
    metrics: list[Metric] = []
    descriptions: list[Description] = []
    cpe_applicability: list[Applicability] = []


class Containers(msgspec.Struct, frozen=True):
    """What the CVE's own authority says, and what others add."""

    cna: Container = Container()
    adp: list[Container] = []


class Metadata(msgspec.Struct, frozen=True, rename="camel", gc=False):
    """The head of a CVE record."""

    cve_id: str = ""
    state: Text = ""


class Record(msgspec.Struct, frozen=True):
    """One document of any list; which one is told by the fields that it has.

    A CVE record (`cveMetadata`, `containers`), one in the compact form of a line (`cve`,
    `affected`, `cpe`, `cvss`, `kev`), the KEV catalogue (`vulnerabilities`), or an answer of
    endoflife.date (`result`).
    """

    metadata: Metadata | None = msgspec.field(default=None, name="cveMetadata")
    containers: Containers | None = None
    cve: Text = ""
    affected: list[Affected] = []
    cpe: list[Text] = []
    cvss: Text = ""
    kev: bool = False
    desc: Text = ""
    vulnerabilities: list[msgspec.Raw] | None = None
    result: msgspec.Raw = msgspec.Raw()


class Exploited(msgspec.Struct, frozen=True, gc=False):
    """An entry of CISA's catalogue of known exploited vulnerabilities."""

    cve: str = msgspec.field(name="cveID")
    added: Text = msgspec.field(default="", name="dateAdded")


class OldCycle(msgspec.Struct, frozen=True, gc=False):
    """A branch in the first form of endoflife.date: `eol` is a day, or whether it has ended."""

    cycle: str | int | float
    eol: str | bool | None = None
    latest: str | int | float | None = None


class Latest(msgspec.Struct, frozen=True, gc=False):
    """The newest version of a branch."""

    name: Text = ""


class Release(msgspec.Struct, frozen=True, rename="camel", gc=False):
    """A branch in the present form of endoflife.date."""

    name: str
    is_eol: bool | None = None
    eol_from: Text = None
    latest: Latest | None = None


class Lifecycle(msgspec.Struct, frozen=True):
    """A product in the present form of endoflife.date."""

    name: str
    releases: list[Release] = []
