"""What the links guard knows of a link before it judges."""

from __future__ import annotations

import msgspec

from cityshield.guards.links.canonical import Canonical
from cityshield.vocabulary.decision import Decision
from cityshield.vocabulary.indicator import Indicator
from cityshield.vocabulary.subject import Subject
from cityshield.vocabulary.verdict import Failure


class LinkFacts(msgspec.Struct, frozen=True, gc=False):
    """A link in both its views, and what sources say of it.

    `canonical` is the Safe Browsing view; `elsewhere` is the host that a browser would go to by
    the WHATWG URL standard when it is another one, else empty. `registrable` is the registrable
    domain by the public suffix list, private section included. `inner` are links in the path or
    the query, where the link may send a reader on. `listed` and `vouched` hold the indicators in
    force against and for the link; a voucher is left out when a listing is more specific, and
    where a browser might end elsewhere than on that host's own web site. `decided` is the
    operator's decision that counts for the link, if there is one; to allow it silences the lists.
    """

    subject: Subject
    canonical: Canonical
    registrable: str
    elsewhere: str
    inner: tuple[str, ...]
    listed: tuple[Indicator, ...]
    vouched: tuple[Indicator, ...]
    decided: Decision | None = None
    read: float = 1.0
    failed: tuple[Failure, ...] = ()

    @property
    def has_parts(self) -> bool:
        """Whether the link carries another one."""
        return bool(self.inner)
