"""What a template says, once it was read and found harmless, and what it is held against.

A template of the nuclei language (MIT) is a question to a server and conditions on the answer. Only
the part that a careful visitor may ask is kept: a plain GET, a record of DNS, a certificate.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import msgspec

from cityshield.guards.sites.facts import Header, TemplateHit

FILE: Final = "site-templates.json"
"""The name that the compiled templates have among the files of knowledge."""

HTTP, DNS, TLS = "http", "dns", "ssl"
WORD, REGEX, BINARY, STATUS, SIZE, DSL = "word", "regex", "binary", "status", "size", "dsl"
KVAL, JSON = "kval", "json"

MOST_BYTES: Final = 256 << 10
"""So much of an answer is looked at."""


MOST_HITS: Final = 64
"""So many templates are told of one answer, the first, and of one visit."""


class Matcher(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """A condition on one part of an answer: that any, or with `every` all, of its values are there.

    `values` are words, patterns, expressions, or bytes in hexadecimal; `numbers` status codes or
    sizes.
    """

    type: str
    values: tuple[str, ...] = ()
    numbers: tuple[int, ...] = ()
    part: str = "body"
    name: str = ""
    every: bool = False
    negative: bool = False
    caseless: bool = False


class Extractor(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """What is taken out of an answer, to be shown with a hit."""

    type: str
    values: tuple[str, ...]
    part: str = "body"
    group: int = 0
    name: str = ""


class Question(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """What is asked, and the conditions on the answer: any of them, or with `every` all.

    `asks` are paths; of DNS the type of a record; of TLS the only version that is offered, if any.
    `redirects` says whether the answer that redirects lead to is meant, `host` only on one host.
    """

    asks: tuple[str, ...]
    matchers: tuple[Matcher, ...] = ()
    extractors: tuple[Extractor, ...] = ()
    every: bool = False
    redirects: str = ""


class Template(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """A template: `sha256` is that of its file, `reference` a host where there is more to read."""

    id: str
    name: str
    severity: str
    protocol: str
    questions: tuple[Question, ...]
    sha256: str
    file: str = ""
    tags: tuple[str, ...] = ()
    products: tuple[str, ...] = ()
    reference: str = ""
    cwe: int = 0


class Refusal(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """Why a file was not taken: a sentence `template-REASON`, with what and where."""

    file: str
    reason: str
    detail: str = ""
    line: int = 0


class Compiled(msgspec.Struct, frozen=True, gc=False):
    """All that was imported, as it lies on the disk; `version` is a digest of the files."""

    format: int
    version: str
    templates: tuple[Template, ...]
    refusals: tuple[Refusal, ...]


class Seen(msgspec.Struct, frozen=True, gc=False):
    """An answer to a GET, as a template sees it.

    `path` is that which was asked for. `is_whole` says that the body was not cut, `leads_on` that
    it is a redirect, and `is_far` that it came from another host, to which redirects led.
    """

    path: str
    status: int
    headers: tuple[Header, ...]
    body: bytes
    host: str = ""
    address: str = ""
    is_whole: bool = True
    leads_on: bool = False
    is_far: bool = False


class Outcome(NamedTuple):
    """The templates that are true of an answer, and whether it was too dear to try them all."""

    hits: tuple[TemplateHit, ...]
    is_cut: bool = False


class Refused(Exception):
    """A template that is not taken: the reason, what of it, and the line where there is one."""

    def __init__(self, reason: str, detail: object = "", line: int = 0) -> None:
        self.reason = reason
        self.detail = "".join(filter(str.isprintable, str(detail)))[:200]
        self.line = line
        super().__init__(reason, self.detail, line)
