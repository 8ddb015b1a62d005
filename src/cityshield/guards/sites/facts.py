"""What the sites guard knows of a website: what one polite visit saw, kept so that it can be judged
again without a request.

Nothing here is a judgement, and nothing is a page body: of what came over the network only what
checks need is kept (see `page.py` for what is taken from HTML).
"""

from __future__ import annotations

from typing import Final

import msgspec

from cityshield.vocabulary.subject import Subject
from cityshield.vocabulary.verdict import Failure

Header = tuple[str, str]
"""A header field: its name in lower case and its value, in the order in which they came."""


class Names(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """What DNS says of the name (RFC 1034, 4034, 8659, 6698). Names are without the last dot.

    `status` is the response code of the address query (`NOERROR`, `NXDOMAIN`, `SERVFAIL`,
    `TIMEOUT`); where one of both questions failed and the other found nothing, that of the one.
    `signed` says whether the parent has a DS record for the zone; None is not known. `chain` are
    the names that CNAME records led through, and `dangling` one at whose end nothing is, though
    the name before it exists. `bogus` says that a resolver that checks signatures (RFC 4035)
    refuses the answers: these are what one that does not check gets. `unanswered` are record types
    that nobody answered for, so that their absence means nothing.
    """

    status: str
    v4: tuple[str, ...] = ()
    v6: tuple[str, ...] = ()
    chain: tuple[str, ...] = ()
    dangling: str = ""
    servers: tuple[str, ...] = ()
    mail: tuple[tuple[int, str], ...] = ()
    texts: tuple[str, ...] = ()
    authorities: tuple[tuple[str, str], ...] = ()
    signed: bool | None = None
    tlsa: tuple[str, ...] = ()
    bogus: bool = False
    unanswered: tuple[str, ...] = ()


class Certificate(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """A certificate as it was shown (RFC 5280). Times are seconds since 1970 in UTC.

    `key` is the kind of public key (`RSA`, `EC`, `ED25519`, `DSA`) and `key_bits` its size;
    `signature` names the hash of its signature in lower case (`sha256`, `sha1`, `md5`).
    `key_sha256` is the digest of its public key (SubjectPublicKeyInfo), as DANE compares it.
    """

    subject: str
    issuer: str
    names: tuple[str, ...]
    not_before: int
    not_after: int
    key: str
    key_bits: int
    signature: str
    sha256: str
    self_signed: bool = False
    authority: bool = False
    key_sha256: str = ""


class Tls(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """What a bounded probe of TLS saw.

    `versions` are those that a handshake began with (`SSL 3.0`, `TLS 1.0` ... `TLS 1.3`), and
    `refused` those that were tried without; a version in neither was not tried. `weak` are families
    of suites that the server accepted when it was offered nothing else (`NULL`, `ANON`, `EXPORT`,
    `RC4`, `DES`, `3DES`, `MD5`, `STATIC-RSA`, `CBC-SHA1`). `chain` is as sent, the leaf first.
    `trust` is empty where the chain leads to a trusted root and holds for the name, else the reason
    of the check of the chain in words of its own: `expired`, `not-yet`, `name`, `self-signed`,
    `unknown-issuer`, `incomplete`, `other`. `connections` is how many the probe opened.
    """

    versions: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()
    weak: tuple[str, ...] = ()
    suite: str = ""
    chain: tuple[Certificate, ...] = ()
    trust: str = ""
    connections: int = 0


class Cookie(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """A cookie without its value (RFC 6265bis)."""

    name: str
    secure: bool = False
    http_only: bool = False
    same_site: str = ""
    host_only: bool = True
    session: bool = True


class Hop(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """One answer on the way: the address that was asked for, its status, and where it led.

    Of addresses the names of parameters are kept and not their values; `headers` are without those
    that set cookies, which `Visit.cookies` has.
    """

    url: str
    status: int
    location: str = ""
    headers: tuple[Header, ...] = ()


class Script(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """A script or a style sheet of a page: its address, empty for one inside the page.

    `integrity` is the attribute (Subresource Integrity); `libraries` are (name, version) pairs
    that were recognised in it.
    """

    url: str
    integrity: str = ""
    crossorigin: str = ""
    libraries: tuple[tuple[str, str], ...] = ()
    sha256: str = ""


class Form(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """A form: where it sends to, how, and whether it asks for a password or personal data.

    `personal` is true where a field is of type `password`, `tel` or `email`, and `contact` where it
    is one of the last two.
    """

    action: str
    method: str = "get"
    password: bool = False
    personal: bool = False
    contact: bool = False


class Page(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """What was taken from the HTML of the home page; addresses are absolute.

    `doctype` is the name that the document type declaration begins with, in lower case.
    `insecure` are `http:` resources of an `https:` page. `frames` are (address, hidden) pairs,
    `links` the other hosts that the page links to with how often, and `hidden_links` the links to
    them that a reader does not see. `policies` are CSP in `<meta>`. `marks` are fixed words for
    what was seen in the text and is not kept itself: `listing`, `stack-trace`, `parked`,
    `for-sale`, `defaced`, `phishing-kit`, `privacy-policy`, and with a name after a colon
    `default-page`, `miner`, `spam` (in title, keywords, description), `dark-links` (what hidden
    links sell), `icp` and `psb` (filing numbers), `referrer` (the policy in `<meta>`), `version`
    (`NAME/1.2.3` of what made the page, see `fingerprints.py`) and `redirector` (`/path?parameter`
    that takes an address of somebody else). `personal` are masked proofs of personal data with
    checksum (kind, masked value).
    """

    title: str = ""
    generator: str = ""
    language: str = ""
    charset: str = ""
    size_bytes: int = 0
    sha256: str = ""
    scripts: tuple[Script, ...] = ()
    styles: tuple[Script, ...] = ()
    insecure: tuple[str, ...] = ()
    frames: tuple[tuple[str, bool], ...] = ()
    forms: tuple[Form, ...] = ()
    links: tuple[tuple[str, int], ...] = ()
    hidden_links: tuple[str, ...] = ()
    policies: tuple[str, ...] = ()
    marks: tuple[str, ...] = ()
    personal: tuple[tuple[str, str], ...] = ()
    doctype: str = ""


BROKEN_OFF: Final = frozenset({"too-large", "cut-short"})
"""Reason codes of a visit whose last answer came with all its headers, and half of its body."""


class Visit(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """The home page over one scheme: every hop, and what the last one gave.

    `failed` is empty, or a reason code for why there is no answer: `refused`, `timeout`, `reset`,
    `tls`, `too-large` and `cut-short` (the page is of its beginning), `too-slow`, `redirects`,
    `redirect-private`, `redirect-scope` (it leads out of the scope, or to somebody else with
    parameters or an unusual port, and was not followed), `redirect-name`, `bad-answer`, `encoding`.
    Where http leads to the https page of the same visit, `hops` go on with those of `secure`, and
    `page` is None; so it is where the same bytes came over both.
    """

    hops: tuple[Hop, ...] = ()
    address: str = ""
    cookies: tuple[Cookie, ...] = ()
    page: Page | None = None
    took_ms: int = 0
    failed: str = ""


class Elsewhere(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """What another address of the host answered to the home page over HTTPS.

    `failed`, `location` and `trust` are as those of `Visit`, `Hop` and `Tls`.
    """

    address: str
    failed: str = ""
    status: int = 0
    location: str = ""
    trust: str = ""


class Path(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """What a path other than `/` gave; `marks` are fixed words for what stood there (`paths.py`).

    `soft` says that the answer looks like the one to a path that cannot exist. Secrets are proven
    by `proof`, a keyed hash, and never kept. The path `/*` stands for every path that does not
    exist, where such an answer gives something away.
    """

    status: int
    type: str = ""
    size_bytes: int = 0
    soft: bool = False
    marks: tuple[str, ...] = ()
    proof: str = ""


class MailServer(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """A mail server of the name: its TLSA records, whether its zone is signed, what it showed.

    `chain` and `trust` are those of its certificate after STARTTLS (see `Tls`); empty where it was
    not asked.
    """

    name: str
    tlsa: tuple[str, ...] = ()
    signed: bool | None = None
    chain: tuple[Certificate, ...] = ()
    trust: str = ""


class Mail(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """What DNS says of mail for the name: SPF, DMARC, MTA-STS, TLS-RPT and DKIM records as text.

    `dmarc` is the record of the organisation's domain where the name itself has none (RFC 7489,
    6.6.3). `starttls` are (mail server, answer) pairs, the answer `yes`, `no` or `unknown`. Of the
    policy of MTA-STS, `mta_sts_failed` is why it cannot be had (`not-asked` where its host is out
    of scope, `status`, `text`, `certificate` or a code of `Visit`), and `mta_sts_mx` the names that
    it allows. `unanswered` are records, by these field names, that nobody answered for.
    `dmarc_inherited` says that `dmarc` is the record of the organisation's domain.
    """

    spf: tuple[str, ...] = ()
    dmarc: tuple[str, ...] = ()
    mta_sts: str = ""
    mta_sts_mode: str = ""
    tls_rpt: str = ""
    dkim: tuple[tuple[str, str], ...] = ()
    starttls: tuple[tuple[str, str], ...] = ()
    mta_sts_failed: str = ""
    mta_sts_mx: tuple[str, ...] = ()
    mta_sts_max_age_s: int = 0
    servers: tuple[MailServer, ...] = ()
    unanswered: tuple[str, ...] = ()
    dmarc_inherited: bool = False


class TemplateHit(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """A template of the operator's that was true of an answer (see `templates/`).

    `sha256` is that of the template's file, `names` are the conditions that were true where any
    was enough, and `extracts` what the template takes out, shortened, and masked where it may be
    a secret.
    """

    id: str
    sha256: str
    path: str = "/"
    names: tuple[str, ...] = ()
    extracts: tuple[str, ...] = ()


class SiteFacts(msgspec.Struct, frozen=True, omit_defaults=True):
    """A website as one visit saw it, from one vantage at one time (seconds since 1970, UTC).

    `reason` is empty, or the code for why nothing can be said of the site: `out-of-scope`,
    `opted-out`, `robots`, `no-name`, `name-timeout` (no resolver answered), `no-address`,
    `private-address`, `dead`, `vantage-down`, `budget`, `stopped`, `error:...`. `read` is the share
    of the profile's work that was done. `others` are further addresses, each asked once for the
    home page by a visit beyond `quick`. `template_set` is the version of the templates that the
    answers were held against, empty for none.
    """

    subject: Subject
    host: str
    at: int
    vantage: str = ""
    profile: str = ""
    names: Names | None = None
    plain: Visit | None = None
    secure: Visit | None = None
    tls: Tls | None = None
    mail: Mail | None = None
    others: tuple[Elsewhere, ...] = ()
    paths: dict[str, Path] = {}
    robots: str = ""
    security_txt: str = ""
    templates: tuple[TemplateHit, ...] = ()
    template_set: str = ""
    requests: int = 0
    connections: int = 0
    bytes_in: int = 0
    reason: str = ""
    read: float = 1.0
    failed: tuple[Failure, ...] = ()

    @property
    def has_parts(self) -> bool:
        """A site has no parts that another guard judges."""
        return False
