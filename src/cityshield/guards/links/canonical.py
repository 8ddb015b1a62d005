"""Links in one spelling: the Safe Browsing canonical form and the browser's own view.

Source: developers.google.com/safe-browsing/reference/URLs.and.Hashing (v5, a superset of v4).

Pure functions over text, no I/O. Every one takes whatever the outside sends, never raises
for it, and does work linear in its length. Two points the specification leaves open:

* authority, path and query are told apart before anything is unescaped in the authority, so
  that ``good.example%2F@evil.example`` is the host ``evil.example``, where a browser goes;
  path and query are unescaped together and then divided, so that the form is idempotent;
* host names are mapped by UTS #46 as browsers do (``ada_url``), not by the IDNA 2003 of the
  standard library: ``straße.example`` must be the host that a browser would ask for.
"""

import re
from collections.abc import Callable
from functools import cache
from typing import NamedTuple

MAX_LINK_BYTES = 2 * 1024 * 1024
"""Chromium opens no longer address (``url::kMaxURLChars``), Firefox stops at half of it."""

_WHITESPACE = bytes(range(33))  # what a browser trims: C0 controls and space
_SPECIAL_SCHEMES = frozenset({b"http", b"https", b"ws", b"wss", b"ftp"})
_OPAQUE_SCHEMES = frozenset(
    {b"about", b"cid", b"data", b"javascript", b"mailto", b"sms", b"tel", b"urn"}
)

# A link already canonical but for a fragment. Possessive throughout, so linear: only the last
# label is read twice. It starts with a letter: the host is no spelling of an IPv4 address.
_CLEAN = re.compile(
    r"(https?)://((?:[a-z0-9_-]++\.)++[a-z][a-z0-9_-]*+)"
    r"(/[!\"$&->@-~]*+)?+(?:\?([!\"$&-~]*+))?+(?:#|\Z)"
)
_SCHEME = re.compile(rb"([A-Za-z][A-Za-z0-9+.-]*+):")
_PORT_NEXT = re.compile(rb"[0-9]{1,5}(?:[/?]|\Z)")
_AUTHORITY_END = re.compile(rb"[/?]")
_BRACKETED = re.compile(rb"(\[[^\]]*+\])(?::(.*))?", re.DOTALL)
_DOTS = re.compile(rb"\.{2,}")
_IPV4_PART = re.compile(rb"0x0*+([0-9a-f]{0,8})|0++([0-7]{0,11})|([1-9][0-9]{0,9})")
_FORBIDDEN_IN_DOMAIN = re.compile(rb"[\x00-\x20#%/:<>?@\[\\\]^|\x7f-\xff]")  # WHATWG URL 3.1
_ESCAPES = {code: f"%{code:02X}" for code in (*range(33), *range(127, 256), *b"#%")}
_HOST_ESCAPES = _ESCAPES | {code: f"%{code:02X}" for code in b"/:?@[\\]"}
_HEX_DIGITS = b"0123456789abcdefABCDEF"
_BYTE_OF_HEX = {bytes((a, b)): int(bytes((a, b)), 16) for a in _HEX_DIGITS for b in _HEX_DIGITS}


class Canonical(NamedTuple):
    """A link in canonical form, all of it ASCII.

    ``url`` is ``scheme://host`` + ``path`` [+ ``?query``]. ``host`` has no port and no user
    information; an IPv6 address keeps its brackets. ``port`` is the one written, or None when
    none or no legal one is written; it is not part of ``url``. ``path`` starts with a slash.
    ``query`` is what follows the first ``?``: None without one, ``""`` when nothing follows.
    """

    url: str
    scheme: str
    host: str
    port: int | None
    path: str
    query: str | None
    is_ip: bool


def canonicalize(link: bytes) -> Canonical | None:
    """Give the Safe Browsing canonical form of a link as it came in.

    ``link`` is raw bytes (UTF-8 for a link typed in Unicode; undecodable bytes are allowed).
    Without a scheme it is taken as http. None when there is no host to go to (``mailto:``,
    ``javascript:``, ``/path``, nothing) or the link is longer than ``MAX_LINK_BYTES``.
    """
    if len(link) > MAX_LINK_BYTES:
        return None
    text = link.decode("latin-1")
    clean = _CLEAN.match(text)
    if clean is None:
        return canonicalize_slowly(link)
    scheme, host, path, query = clean.groups()
    if path is None:
        path = "/"
        url = f"{scheme}://{host}/" if query is None else f"{scheme}://{host}/?{query}"
    elif "//" in path or "/." in path:
        return canonicalize_slowly(link)
    else:
        end = clean.end()
        url = text[: end - 1] if text[end - 1] == "#" else text
    return Canonical(url, scheme, host, None, path, query, False)


def canonicalize_slowly(link: bytes) -> Canonical | None:
    """Give what ``canonicalize`` gives, by the specification's steps and for any link."""
    link = link.translate(None, b"\t\r\n").strip(_WHITESPACE).partition(b"#")[0]
    parted = _part_scheme(link)
    if parted is None:
        return None
    scheme, rest = parted
    end = _AUTHORITY_END.search(rest)
    authority, tail = (rest[: end.start()], rest[end.start() :]) if end else (rest, b"")
    host_port = authority.rpartition(b"@")[2]
    bracketed = _BRACKETED.fullmatch(host_port)
    if bracketed is not None:
        raw_host, raw_port = bracketed[1], bracketed[2] or b""
    else:
        raw_host, _, raw_port = host_port.partition(b":")
    host, is_ip = _canonical_host(unescape(raw_host))
    if not host:
        return None
    port = int(raw_port) if raw_port.isdigit() and len(raw_port) <= 5 else None
    raw_path, mark, raw_query = unescape(tail).partition(b"?")
    path = _escape(_resolve(raw_path), _ESCAPES)
    query = _escape(raw_query, _ESCAPES) if mark else None
    url = f"{scheme}://{host}{path}" if query is None else f"{scheme}://{host}{path}?{query}"
    return Canonical(url, scheme, host, port if port and port < 65536 else None, path, query, is_ip)


def unescape(text: bytes) -> bytes:
    """Undo percent-escapes until none is left, in one pass from the end to the start.

    Escapes cannot overlap, so the order of undoing them does not matter. What lies to the
    right is free of escapes; a ``%`` put before it makes at most one, and only a new ``%``
    can make another: each step takes two bytes away, so the work is linear for any nesting.
    """
    end = len(text)
    found = text.rfind(b"%")
    if found < 0:
        return text
    done = bytearray(text)
    start = end  # done[start:] is the finished tail
    while found >= 0:
        length = end - found - 1
        done[start - length : start] = text[found + 1 : end]
        start -= length
        code: int | None = 37
        while code == 37 and (code := _BYTE_OF_HEX.get(bytes(done[start : start + 2]))) is not None:
            start += 2
        start -= 1
        done[start] = 37 if code is None else code
        end = found
        found = text.rfind(b"%", 0, end)
    return text[:end] + bytes(done[start:])


def expressions(canonical: Canonical, registrable: str) -> list[str]:
    """List the Safe Browsing look-up expressions of a link, the most specific first.

    ``registrable`` is the host's registrable domain (public suffix plus one label, see
    ``suffixes``): no expression goes above it. Up to 5 hosts (the host, then at most the four
    shortest that end in ``registrable``) times up to 6 paths (with query, without, and the
    first four directories), such as ``a.example.test/1/``; an address has one host.
    """
    hosts = [canonical.host]
    if not canonical.is_ip and canonical.host.endswith("." + registrable):
        labels = canonical.host[: -len(registrable) - 1].rsplit(".", 4)
        hosts += [".".join((*labels[-n:], registrable)) for n in (3, 2, 1) if n < len(labels)]
        hosts.append(registrable)
    path = canonical.path
    paths = [path] if canonical.query is None else [f"{path}?{canonical.query}", path]
    slash, directories = 0, ["/"]
    while len(directories) < 4 and (slash := path.find("/", slash + 1)) > 0:
        directories.append(path[: slash + 1])
    paths += [directory for directory in reversed(directories) if directory != path]
    return [host + variant for host in hosts for variant in paths]


def browser_view(link: str) -> str | None:
    """Give the address a browser would show for a link (WHATWG URL ``href``).

    None when a browser refuses it, as it does any link without a scheme: put ``http://``
    before a bare one. Surrogates that stand alone (``surrogateescape``) are read as U+FFFD,
    as the standard asks.
    """
    try:
        scalar = link.encode().decode()
    except UnicodeEncodeError:
        scalar = link.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    try:
        return _ada()[0](scalar)
    except ValueError:
        return None


def views_differ(canonical: Canonical, browser_href: str | None) -> bool:
    """Tell whether a browser would go to another host than the canonical form names.

    A sign of evasion: backslashes, an at-sign behind them. Look up
    ``canonicalize(browser_href.encode())`` then as well. False for None: no browser goes there.
    Tabs, full-width dots and spellings of an address do not differ: both views undo them.
    """
    if browser_href is None:
        return False
    if browser_href.startswith(f"{canonical.scheme}://{canonical.host}/"):
        return False
    shown = canonicalize_slowly(browser_href.encode("utf-8", "surrogatepass"))
    return shown is not None and shown.host != canonical.host


def _part_scheme(link: bytes) -> tuple[str, bytes] | None:
    """Part a link into its lower-case scheme and all that starts with the authority."""
    found = _SCHEME.match(link)
    if found is None:
        return "http", link.lstrip(b"/") if link.startswith(b"//") else link
    scheme, rest = found[1].lower(), link[found.end() :]
    if scheme in _SPECIAL_SCHEMES:  # a browser takes any number of slashes here, of either kind
        return scheme.decode("ascii"), rest.lstrip(b"/\\")
    if rest.startswith(b"//"):
        return scheme.decode("ascii"), rest[2:]
    if scheme not in _OPAQUE_SCHEMES and (b"." in scheme or _PORT_NEXT.match(rest)):
        return "http", link  # not a scheme but a host with a port
    return None


def _canonical_host(raw: bytes) -> tuple[str, bool]:
    """Give an unescaped host its canonical form, and tell whether it is an address."""
    host = _DOTS.sub(b".", raw.lower()).strip(b".")
    if not host.isascii():
        host = _DOTS.sub(b".", _domain_to_ascii(host)).strip(b".")
    address = None
    if host.startswith(b"["):
        address = ipv6(host)
    elif host[host.rfind(b".") + 1 :][:1].isdigit():
        address = _ipv4(host)
    return (_escape(host, _HOST_ESCAPES), False) if address is None else (address, True)


def _domain_to_ascii(host: bytes) -> bytes:
    """Give a Unicode host its A-labels (UTS #46); one that no browser takes stays as it is."""
    try:
        host.decode()
    except UnicodeDecodeError:
        return host
    mapped = b"" if b"\0" in host else _ada()[1](host)
    return host if not mapped or _FORBIDDEN_IN_DOMAIN.search(mapped) else mapped


def _ipv4(host: bytes) -> str | None:
    """Read an IPv4 address as inet_aton(3) does: 1 to 4 parts, decimal, 0octal or 0xhex."""
    values = []
    for part in host.split(b".", 4):
        number = _IPV4_PART.fullmatch(part)
        if number is None:
            return None
        kind = number.lastindex or 0
        values.append(int(number[kind] or b"0", (0, 16, 8, 10)[kind]))
    *high, last = values
    if len(high) > 3 or last >= 256 ** (4 - len(high)) or max(high, default=0) > 255:
        return None
    low = last.to_bytes(4 - len(high), "big")
    return ".".join(str(byte) for byte in (*high, *low))


def ipv6(host: bytes) -> str | None:
    """Read a bracketed IPv6 address; one that only wraps an IPv4 address gives that."""
    if not host.endswith(b"]") or len(host) > 47 or not host.isascii() or b"%" in host:
        return None
    from ipaddress import IPv4Address, IPv6Address

    try:
        address = IPv6Address(host[1:-1].decode("ascii"))
    except ValueError:
        return None
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    if int(address) >> 32 == 0x0064_FF9B << 64:  # NAT64, RFC 6052
        return str(IPv4Address(int(address) & 0xFFFF_FFFF))
    return f"[{address.compressed}]"


def _resolve(path: bytes) -> bytes:
    """Resolve ``.`` and ``..`` in a path and make each run of slashes one."""
    if b"//" not in path and b"/." not in path:
        return path or b"/"
    kept: list[bytes] = []
    segments = path.split(b"/")[1:]
    for segment in segments:
        if segment == b"..":
            del kept[-1:]
        elif segment != b".":
            kept.append(segment)
    is_directory = segments[-1] in (b"", b".", b"..")
    names = [segment for segment in kept if segment]
    return b"/" + b"/".join(names) + (b"/" if names and is_directory else b"")


def _escape(raw: bytes, escapes: dict[int, str]) -> str:
    return raw.decode("latin-1").translate(escapes)


@cache
def _ada() -> tuple[Callable[[str], str], Callable[[bytes], bytes]]:
    """Load ada_url's URL and UTS #46 functions at first use: it costs a start 4 ms."""
    from ada_url import idna, normalize_url

    return normalize_url, idna.encode
