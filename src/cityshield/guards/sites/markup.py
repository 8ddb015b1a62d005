"""HTML as a flat row of tags and text, read in one pass.

No tree is built: building one is quadratic in open elements and in attributes (100,000 nested `div`
take lexbor more than a minute, 100,000 attributes of one tag 51 seconds), and nothing here needs
one. Tags are told apart as the tokenizer of the HTML standard does (13.2.5): quotes count only
where a value begins, a comment ends at `-->`, the content of `script` and its like is no markup.
Each pattern takes possessively what it looks at, and an unclosed tag or comment reaches to the end
of the text, so that no byte is looked at more than a few times.
"""

from __future__ import annotations

import re
from html import unescape

_LONGEST_VALUE = 4_000
_MOST_ATTRIBUTES = 200

_INSIDE = r"""
    (?:[\s/]++|[^\s/>][^\s/>=]*+(?:\s*+=\s*+(?:"[^"]*+"|'[^']*+'|[^\s"'>][^\s>]*+|(?=>)))?+)*+
"""
_TAG = rf"""
    <!--(?:-?>|(?:[^-]++|-(?!->|-!>))*+(?:--!?>|\Z))              # a comment
    | <(script|style|title|textarea|noembed|noframes|xmp)(?=[\s/>])({_INSIDE})>
      ((?:[^<]++|<(?!/\2[\s/>]))*+)                                # what it holds as it stands
    | <(/?)([a-z][^\s/>]*+)({_INSIDE})>
    | <[!?/][^>]*+(?:>|\Z)
    | <[a-z].*+\Z                                                   # a tag without an end
    | < | \Z
"""
_FLAGS = re.VERBOSE | re.IGNORECASE | re.DOTALL | re.ASCII
EVERY_TAG = re.compile(rf"([^<]*+)(?:{_TAG})", _FLAGS)
"""One tag or comment and the text before it. Groups: that text; name, attributes and content of an
element that holds no markup; `/` for an end tag, name and attributes of any other."""

MEDIA = "audio|embed|img|object|source|video"
TOLD = (
    "a|base|form|frame|html|iframe|input|link|meta"
    f"|script|style|title|textarea|noembed|noframes|xmp|{MEDIA}"
)
"""The elements that a reader of pages asks for; media only where they come over HTTP."""

_BARE = r"""[^\s"'=<>`]++"""
_ATTRIBUTE = rf"""[a-z][a-z0-9_:-]*+(?:="[^"]*+"|='[^']*+'|={_BARE})?+"""
_NEAR = r"""
    href=(?:"(?!\s|//)(?:[^"&:=\\\t\r\n]++|=(?!http))*+"
    |'(?!\s|//)(?:[^'&:=\\\t\r\n]++|=(?!http))*+'
    |(?!//)[^\s"'=<>`&:\\]++)
"""
_DULL = rf"""
    <(?:/(?!form[\s/>])[a-z][^\s/>]*+\s*+
    | a(?:\s++(?:(?!style|hidden|href){_ATTRIBUTE}|{_NEAR}))*+\s*+/?+
    | (?:(?!(?:{TOLD})[\s/>])[a-z][^\s/>]*+ | (?:{MEDIA})(?=[\s/>])(?![^>]{{0,500}}http:))
      (?:\s++(?!style|hidden){_ATTRIBUTE})*+\s*+/?+
    )>
"""
TELLING_TAG = re.compile(rf"((?:[^<]++|{_DULL})*+)(?:{_TAG})", _FLAGS)
"""The same for the tags that tell something: end tags but those of forms, links within a site, and
others that neither are in `TOLD` nor have a style, count as text before."""

_ATTRIBUTES = re.compile(
    r"""([^\s/>][^\s/>=]*+)(?:\s*+=\s*+(?:"([^"]*+)"|'([^']*+)'|([^\s"'>][^\s>]*+)|))?+""",
    re.ASCII,
)
_HREF = re.compile(
    rf"""(?:\s++(?!href){_ATTRIBUTE})*+\s++href=(?:"([^"]*+)"|'([^']*+)'|({_BARE}))(?=[\s>]|\Z)""",
    re.IGNORECASE | re.ASCII,
)


def address_of(inside: str) -> str:
    """The `href` of a tag, without the cost of reading all that stands beside it."""
    if (found := _HREF.match(inside)) is None:
        return attributes_of(inside).get("href", "").strip()
    return decode((found[1] or found[2] or found[3] or "").strip())


def attributes_of(inside: str) -> dict[str, str]:
    """The attributes of a tag, the first of each name (HTML 13.2.5.33), values decoded and cut."""
    attributes: dict[str, str] = {}
    for count, found in enumerate(_ATTRIBUTES.finditer(inside)):
        if count >= _MOST_ATTRIBUTES:
            break
        name, double, single, bare = found.groups()
        name = name.lower()
        if name not in attributes:
            attributes[name] = decode(double or single or bare or "")
    return attributes


def decode(value: str) -> str:
    """A text with its character references resolved, cut to a length that is safe to resolve."""
    value = value[:_LONGEST_VALUE]
    return unescape(value) if "&" in value else value
