"""What DNS says of a site's name: its addresses, and what else speaks of it."""

from __future__ import annotations

import asyncio
from typing import Final

import msgspec

from cityshield.adapters.sites.resolver import Resolver
from cityshield.adapters.sites.wire import AAAA, CAA, CNAME, DS, MX, NS, TLSA, TXT, A, Reply
from cityshield.guards.sites.facts import Mail, Names

_MOST = 16
"""Records of a kind that are kept."""
_LONGEST_TEXT = 2048
_LONGEST_CHAIN = 16

SELECTORS: Final = (
    "default", "selector1", "selector2", "google", "dkim", "mail", "s1", "s2", "k1", "qqmail",
)  # fmt: skip
"""DKIM selectors that are asked for: the usual ones, for DNS lists none."""


async def find_addresses(resolver: Resolver, host: str) -> Names:
    """The addresses of a host with the names that led to them."""
    four, six = await asyncio.gather(resolver.ask(host, A), resolver.ask(host, AAAA))
    status = _status(four, six)
    chain, looped = _chain(host, four if four.of(CNAME) else six)
    v4, v6 = tuple(four.of(A)[:_MOST]), tuple(six.of(AAAA)[:_MOST])
    if looped:
        return Names("SERVFAIL", chain=chain)
    gone = status in ("NXDOMAIN", "NOERROR") and not v4 and not v6
    dangling = chain[-1] if chain and gone else ""
    return Names(status, v4, v6, chain, dangling)


async def find_records(resolver: Resolver, names: Names, host: str, domain: str) -> Names:
    """The same names with what else DNS says of the host and of its domain."""
    servers, mail, texts, (authorities, known), signed, tlsa = await asyncio.gather(
        resolver.ask(domain, NS),
        resolver.ask(host, MX),
        resolver.ask(host, TXT),
        _find_authorities(resolver, host, domain),
        resolver.ask(domain, DS),
        resolver.ask(f"_443._tcp.{host}", TLSA),
    )
    return msgspec.structs.replace(
        names,
        servers=tuple(servers.of(NS)[:_MOST]),
        mail=tuple(sorted(_exchange(text) for text in mail.of(MX)[:_MOST])),
        texts=tuple(text[:_LONGEST_TEXT] for text in texts.of(TXT)[:_MOST]),
        authorities=authorities,
        signed=bool(signed.of(DS)) if signed.code == "NOERROR" else None,
        tlsa=tuple(text[:_LONGEST_TEXT] for text in tlsa.of(TLSA)[:_MOST]),
        unanswered=_unanswered(MX=mail, TXT=texts, CAA=known, TLSA=tlsa),
    )


async def find_mail(resolver: Resolver, names: Names, host: str, domain: str) -> Mail:
    """What DNS says of mail for a host. DMARC falls back on the domain (RFC 7489, 6.6.3)."""
    own, sts, report, *keys = await asyncio.gather(
        _find_policy(resolver, host, domain),
        resolver.ask(f"_mta-sts.{host}", TXT),
        resolver.ask(f"_smtp._tls.{host}", TXT),
        *(
            resolver.ask(f"{selector}._domainkey.{host}", TXT)
            for selector in SELECTORS
            if names.mail
        ),
    )
    dkim = [
        (selector, text[:_LONGEST_TEXT])
        for selector, reply in zip(SELECTORS, keys, strict=False)
        for text in reply.of(TXT)[:1]
        if "p=" in text
    ]
    return Mail(
        spf=tuple(text for text in names.texts if text.lower().startswith("v=spf1")),
        dmarc=_beginning("v=dmarc1", own),
        mta_sts=next(iter(_beginning("v=stsv1", sts)), ""),
        tls_rpt=next(iter(_beginning("v=tlsrptv1", report)), ""),
        dkim=tuple(dkim),
        unanswered=_unanswered(DMARC=own, **{"MTA-STS": sts}),
    )


async def _find_policy(resolver: Resolver, host: str, domain: str) -> Reply:
    own = await resolver.ask(f"_dmarc.{host}", TXT)
    if host == domain or _beginning("v=dmarc1", own):
        return own
    return await resolver.ask(f"_dmarc.{domain}", TXT)


async def _find_authorities(
    resolver: Resolver, host: str, domain: str
) -> tuple[tuple[tuple[str, str], ...], Reply]:
    """CAA of the host, else of the nearest name above it that has some (RFC 8659, 3).

    With the last answer, or the first that was none: nobody knows what is above it then.
    """
    name = host
    for _ in range(_LONGEST_CHAIN):
        reply = await resolver.ask(name, CAA)
        found = reply.of(CAA)
        if found or name == domain or "." not in name or not _is_answer(reply):
            pairs = [text.partition(" ") for text in found[:_MOST]]
            return tuple((tag, value[:_LONGEST_TEXT]) for tag, _, value in pairs), reply
        name = name.partition(".")[2]
    return (), reply


def _status(four: Reply, six: Reply) -> str:
    """The code of both questions: a name without addresses is one only where both were answered."""
    if four.of(A) or six.of(AAAA):
        return "NOERROR"
    failed = next((reply.code for reply in (four, six) if not _is_answer(reply)), "")
    return failed or ("NOERROR" if "NOERROR" in (four.code, six.code) else four.code)


def _is_answer(reply: Reply) -> bool:
    return reply.code in ("NOERROR", "NXDOMAIN")


def _unanswered(**replies: Reply) -> tuple[str, ...]:
    return tuple(kind for kind, reply in replies.items() if not _is_answer(reply))


def _chain(host: str, reply: Reply) -> tuple[tuple[str, ...], bool]:
    """The names that aliases lead through, and whether they lead in a circle."""
    next_of = {record.owner: record.data for record in reply.records if record.type == CNAME}
    chain: list[str] = []
    name = host.lower().rstrip(".")
    while name in next_of:
        name = next_of[name]
        if name in chain or len(chain) >= _LONGEST_CHAIN:
            return tuple(chain), True
        chain.append(name)
    return tuple(chain), False


def _exchange(text: str) -> tuple[int, str]:
    preference, _, name = text.partition(" ")
    return int(preference), name


def _beginning(start: str, reply: Reply) -> tuple[str, ...]:
    found = [text for text in reply.of(TXT) if text.lower().startswith(start)]
    return tuple(text[:_LONGEST_TEXT] for text in found[:_MOST])
