"""What a template may ask for: a path of the site itself, asked for as a visitor would."""

from __future__ import annotations

import re
from typing import Final

from cityshield.guards.sites.templates.model import Refused

_BASES: Final = ("{{BaseURL}}", "{{RootURL}}")
_LONGEST = 300
_LETTERS = re.compile(r"/[A-Za-z0-9/_.~%?&=:,@+!*()\-]*")
_ATTACK = re.compile(
    r"\.\.|%2e%2e|%00|%0[ad]|%3c|%3e|%27|%22|%24|%7b|%25|%5c|%c0|%60|%7c|%3b|~20|~27"
    r"|=\w{2,8}(?::|%3a)(?://|%2f)|=(?:/|%2f){2}|etc/passwd|web-inf|win\.ini|boot\.ini|\bunion\b|\bselect\b"
    r"|sleep\(|alert\(|eval\(|exec\(|phpinfo\(|system\(|1=1",
    re.IGNORECASE,
)
_WRITING = re.compile(
    r"(?:[?&=/_-]|do|action=)(?:delete|remove|destroy|drop|truncate|shutdown|reboot|restart|"
    r"terminate|kill|logout|logoff|signout|signoff|unlink|erase|wipe|reset|adduser|createuser|"
    r"cron|flush|purge|clear|clearcache|reload|unload|undeploy|stop|quit|create|save|vote|"
    r"subscribe|unsubscribe|heapdump)(?:[?&=/_.-]|$)",
    re.IGNORECASE,
)
_ESCAPED = re.compile(r"%([2-7][0-9a-f])", re.IGNORECASE)
_VALUE = re.compile(r"[A-Za-z0-9*/,;=:._+() \-]{0,300}")
_HARMLESS_FIELDS: Final = frozenset(
    {"host", "user-agent", "accept", "accept-language", "accept-encoding", "connection",
     "upgrade-insecure-requests", "cache-control", "pragma", "dnt"}
)  # fmt: skip


def path_of(url: str, line: int) -> str:
    """The path that an address of a template stands for; raises Refused."""
    base = next((base for base in _BASES if url.startswith(base)), "")
    if not base:
        raise Refused("path", url, line)
    return _checked(url[len(base) :], line)


def path_of_raw(raw: str, line: int) -> str:
    """The path of a request that was written out, where that is a plain GET; raises Refused."""
    head, _, body = raw.replace("\r\n", "\n").lstrip("\n").partition("\n\n")
    first, *fields = [each for each in head.split("\n") if not each.startswith("@timeout")]
    words = first.split(" ")
    if len(words) < 2 or words[0] != "GET":
        raise Refused("method", words[0], line)
    if body.strip() or len(words) != 3 or not words[2].startswith("HTTP/"):
        raise Refused("raw", first, line)
    for field in filter(str.strip, fields):
        name, colon, value = field.partition(":")
        check_field(name if colon else "", value.strip(), line)
    return _checked(words[1].removeprefix(_BASES[0]), line)


def check_field(name: str, value: str, line: int) -> None:
    """Raise Refused for a header field with which a visit would be another one."""
    name = name.strip().lower()
    is_plain = _VALUE.fullmatch(value) is not None and ".." not in value
    if name not in _HARMLESS_FIELDS or not (
        value == "{{Hostname}}" if name == "host" else is_plain
    ):
        raise Refused("headers", name, line)


def _checked(path: str, line: int) -> str:
    path = path.partition("#")[0]
    if path[:1] != "/":
        path = f"/{path}" if not path or path[0] == "?" else path
    if "{{" in path:
        raise Refused("variables", path, line)
    plain = _ESCAPED.sub(lambda found: chr(int(found[1], 16)), path)
    if _ATTACK.search(path) or _ATTACK.search(plain):
        raise Refused("attack", path, line)
    if _WRITING.search(plain):
        raise Refused("writes", path, line)
    if len(path) > _LONGEST or not _LETTERS.fullmatch(path):
        raise Refused("path", path, line)
    return path
