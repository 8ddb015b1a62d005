"""What DNS says of a site's name: its addresses, and what else speaks of it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any, Final

import msgspec

from cityshield.adapters.sites.resolver import Resolver
from cityshield.adapters.sites.wire import AAAA, CAA, CNAME, DS, MX, NS, TLSA, TXT, A, Reply
from cityshield.guards.sites.facts import Mail, MailServer, Names

Ask = Callable[[str, int], Coroutine[Any, Any, Reply]]

MAIL_SERVERS: Final = 4
"""So many mail servers of a name are looked at."""

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
    four, six = await _ask_for_addresses(resolver, host)
    bogus = False
    if "SERVFAIL" in (four.code, six.code) and "NOERROR" not in (four.code, six.code):
        found = await _ask_for_addresses(resolver, host, unchecked=True)
        again, _ = await _ask_for_addresses(resolver, host)
        bogus = found[0].code == "NOERROR" and again.code == "SERVFAIL"
        four, six = found if bogus else (four, six)
    status = _status(four, six)
    chain, looped = _chain(host, four if four.of(CNAME) else six)
    v4, v6 = tuple(four.of(A)[:_MOST]), tuple(six.of(AAAA)[:_MOST])
    if looped:
        return Names("SERVFAIL", chain=chain)
    gone = status in ("NXDOMAIN", "NOERROR") and not v4 and not v6
    dangling = chain[-1] if chain and gone else ""
    return Names(status, v4, v6, chain, dangling, bogus=bogus)


async def _ask_for_addresses(
    resolver: Resolver, host: str, *, unchecked: bool = False
) -> tuple[Reply, Reply]:
    """Both kinds at once: one is asked for here, and one beside it, which costs half of two."""
    six = asyncio.ensure_future(resolver.ask(host, AAAA, unchecked=unchecked))
    try:
        four = await resolver.ask(host, A, unchecked=unchecked)
        return four, await six
    finally:
        six.cancel()


async def find_records(resolver: Resolver, names: Names, host: str, domain: str) -> Names:
    """The same names with what else DNS says of the host and of its domain."""
    ask = partial(resolver.ask, unchecked=names.bogus)
    servers, mail, texts, (authorities, heard), signed, tlsa = await asyncio.gather(
        ask(domain, NS),
        ask(host, MX),
        ask(host, TXT),
        _find_authorities(ask, host, domain),
        ask(domain, DS),
        ask(f"_443._tcp.{host}", TLSA),
    )
    asked = (("NS", servers), ("MX", mail), ("TXT", texts), ("TLSA", tlsa))
    unanswered = [kind for kind, reply in asked if not _is_answered(reply)]
    return msgspec.structs.replace(
        names,
        servers=tuple(servers.of(NS)[:_MOST]),
        mail=tuple(sorted(filter(_takes_mail, map(_exchange, mail.of(MX)[:_MOST])))),
        texts=_keep_texts(texts.of(TXT)),
        authorities=authorities,
        signed=bool(signed.of(DS)) if signed.code == "NOERROR" else None,
        tlsa=tuple(text[:_LONGEST_TEXT] for text in tlsa.of(TLSA)[:_MOST]),
        unanswered=tuple(unanswered if heard else [*unanswered, "CAA"]),
    )


async def find_mail(
    resolver: Resolver, names: Names, host: str, domain: str, registrable: Callable[[str], str]
) -> Mail:
    """What DNS says of mail for a host. DMARC falls back on the domain (RFC 7489, 6.6.3)."""
    ask = partial(resolver.ask, unchecked=names.bogus)
    ((own, inherited), sts, report), servers, keys = await asyncio.gather(
        asyncio.gather(
            _find_policy(ask, host, domain),
            ask(f"_mta-sts.{host}", TXT),
            ask(f"_smtp._tls.{host}", TXT),
        ),
        _find_servers(resolver, names, registrable),
        asyncio.gather(
            *(ask(f"{selector}._domainkey.{host}", TXT) for selector in SELECTORS if names.mail)
        ),
    )
    dkim = [
        (selector, text[:_LONGEST_TEXT])
        for selector, reply in zip(SELECTORS, keys, strict=False)
        for text in reply.of(TXT)[:1]
        if "p=" in text
    ]
    asked = (("dmarc", own), ("mta_sts", sts), ("tls_rpt", report))
    unanswered = [name for name, reply in asked if not _is_answered(reply)]
    if "TXT" in names.unanswered:
        unanswered.append("spf")
    return Mail(
        spf=tuple(filter(_is_spf, names.texts)),
        dmarc=_beginning("v=dmarc1", own),
        mta_sts=next(iter(_beginning("v=stsv1", sts)), ""),
        tls_rpt=next(iter(_beginning("v=tlsrptv1", report)), ""),
        dkim=tuple(dkim),
        servers=servers,
        unanswered=tuple(unanswered),
        dmarc_inherited=inherited,
    )


async def _find_servers(
    resolver: Resolver, names: Names, registrable: Callable[[str], str]
) -> tuple[MailServer, ...]:
    """The mail servers with their TLSA records (RFC 7672), and whether their zones are signed."""
    hosts = [host for _, host in names.mail[:MAIL_SERVERS] if host]
    replies = await asyncio.gather(
        *(resolver.ask(f"_25._tcp.{host}", TLSA) for host in hosts),
        *(resolver.ask(registrable(host) or host, DS) for host in hosts),
    )
    tlsa, signed = replies[: len(hosts)], replies[len(hosts) :]
    return tuple(
        MailServer(
            host,
            tuple(text[:_LONGEST_TEXT] for text in keys.of(TLSA)[:_MOST]),
            bool(above.of(DS)) if above.code == "NOERROR" else None,
        )
        for host, keys, above in zip(hosts, tlsa, signed, strict=True)
    )


async def _find_policy(ask: Ask, host: str, domain: str) -> tuple[Reply, bool]:
    """The answer that says what to do with false mail, and whether it is that of the domain."""
    own = await ask(f"_dmarc.{host}", TXT)
    if host == domain or _beginning("v=dmarc1", own) or not _is_answered(own):
        return own, False
    return await ask(f"_dmarc.{domain}", TXT), True


async def _find_authorities(
    ask: Ask, host: str, domain: str
) -> tuple[tuple[tuple[str, str], ...], bool]:
    """CAA of the host, else of the nearest name above it that has some (RFC 8659, 3).

    Also whether all who were asked answered.
    """
    name = host
    for _ in range(_LONGEST_CHAIN):
        reply = await ask(name, CAA)
        found = reply.of(CAA)
        if found or name == domain or "." not in name or not _is_answered(reply):
            pairs = [text.partition(" ") for text in found[:_MOST]]
            kept = tuple((tag, value[:_LONGEST_TEXT]) for tag, _, value in pairs)
            return kept, _is_answered(reply)
        name = name.partition(".")[2]
    return (), True


def _status(four: Reply, six: Reply) -> str:
    """The code of both questions: a name without addresses is one only where both were answered."""
    if any(reply.code == "NOERROR" and reply.of(kind) for reply, kind in ((four, A), (six, AAAA))):
        return "NOERROR"
    failed = next((reply.code for reply in (four, six) if not _is_answered(reply)), "")
    return failed or ("NOERROR" if "NOERROR" in (four.code, six.code) else four.code)


def _is_answered(reply: Reply) -> bool:
    """Whether what is not in a reply is not there."""
    return reply.code in ("NOERROR", "NXDOMAIN")


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


def _takes_mail(server: tuple[int, str]) -> bool:
    """Whether it is a server: the root's name stands for none (RFC 7505)."""
    return bool(server[1])


def _keep_texts(texts: list[str]) -> tuple[str, ...]:
    """So many of the texts, SPF first: proofs of who owns the name may be many."""
    ordered = sorted(texts, key=lambda text: not _is_spf(text))
    return tuple(text[:_LONGEST_TEXT] for text in ordered[:_MOST])


def _is_spf(text: str) -> bool:
    """Whether a text is an SPF record (RFC 7208, 4.5)."""
    return text[:7].lower() in ("v=spf1", "v=spf1 ")


def _beginning(start: str, reply: Reply) -> tuple[str, ...]:
    found = [text for text in reply.of(TXT) if text.lower().startswith(start)]
    return tuple(text[:_LONGEST_TEXT] for text in found[:_MOST])
