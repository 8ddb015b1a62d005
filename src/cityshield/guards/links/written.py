"""Links as people write them: made harmless for passing on, without a scheme, among other words."""

from __future__ import annotations

import re

from cityshield.guards.links.canonical import canonicalize, ipv6

_DEFANGED = re.compile(r"[\[({]|hxx|h\*|meow", re.IGNORECASE)
_DEFANGED_SCHEME = re.compile(r"\b(?:h(?:xx|\*\*)p|meow)(s?)(?=\[?:)", re.IGNORECASE)
_DEFANGED_MARK = re.compile(r"[\[({](\.|dot|点|://|:|/|@|at)[\])}]", re.IGNORECASE)
_WEB_ADDRESS = re.compile(r"https?:[/\\]{2}[^/\\?#]", re.IGNORECASE)
_BARE_HOST = re.compile(r"(\[[^\]]*+\]|[^\[\]/?#:@\\]++)(?::[0-9]{1,5})?(?:[/?#]|\Z)")
_DOTTED_QUAD = re.compile(r"(?:[0-9]{1,3}\.){3}[0-9]{1,3}")
_LABEL = re.compile(r"(?!-)[\w-]{1,63}(?<!-)")
_CHINESE_TOP_LEVEL = (
    "中国|中國|公司|网络|網絡|手机|网址|网站|在线|中文网|商城|商店|政务|公益|香港|台湾|台灣"
)
_TOP_LEVEL = re.compile(rf"[A-Za-z]{{2,}}|[Xx][Nn]--[A-Za-z0-9-]+|рф|{_CHINESE_TOP_LEVEL}")


def refang(text: str) -> str:
    """Undo the ways in which people make a link harmless before they pass it on.

    ``hxxp``, ``h**p`` and ``meow`` as the scheme; a dot in brackets (``[.] (.) {.}``, also
    ``[dot]`` and ``[点]``); ``[:]``, ``[/]``, ``[://]``; ``[@]`` and ``[at]``. No more: each
    further way makes ordinary prose a link.
    """
    if _DEFANGED.search(text) is None:
        return text
    text = _DEFANGED_SCHEME.sub(r"http\1", text)
    return _DEFANGED_MARK.sub(_plain_mark, text)


def looks_like_link(text: str) -> bool:
    """Tell whether a typed text is one web address rather than anything else.

    True for http and https addresses, defanged ones too, and for a bare host with or without
    port and path: labels whose last is a Latin one of two letters or more, ``xn--...``, or one
    of the few non-Latin top-level domains in ``_TOP_LEVEL`` (Chinese prose without spaces,
    ``见面.好吗``, is not a host); an IPv4 address of four decimal parts; a bracketed IPv6
    address. A file name such as ``setup.exe`` has the shape of a host: ask the disk first.
    """
    token = refang(text.strip())
    if len(token.split(None, 1)) != 1:
        return False
    if _WEB_ADDRESS.match(token):
        canonical = canonicalize(token.encode("utf-8", "surrogatepass"))
        return canonical is not None and "%" not in canonical.host
    bare = _BARE_HOST.match(token)
    if bare is None:
        return False
    host = bare[1]
    if host.startswith("["):
        return ipv6(host.encode("utf-8", "replace")) is not None
    if _DOTTED_QUAD.fullmatch(host):
        return all(int(part) < 256 for part in host.split("."))
    labels = host.removesuffix(".").split(".")
    if len(labels) < 2 or len(host) > 253 or not all(map(_LABEL.fullmatch, labels)):
        return False
    return _TOP_LEVEL.fullmatch(labels[-1]) is not None


def _plain_mark(found: re.Match[str]) -> str:
    mark = found[1].lower()
    return {"dot": ".", "点": ".", "at": "@"}.get(mark, mark)
