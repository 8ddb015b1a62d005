"""HTML of a home page, of which only what checks need is taken, in one bounded pass."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from hashlib import sha256
from typing import Final

import ada_url

from cityshield.guards.sites.addresses import without_user, without_values
from cityshield.guards.sites.charset import read_text
from cityshield.guards.sites.facts import Form, Header, Page, Script
from cityshield.guards.sites.fingerprints import version_marks
from cityshield.guards.sites.hosts import host_of, is_foreign
from cityshield.guards.sites.markup import EVERY_TAG, TELLING_TAG, address_of, attributes_of, decode
from cityshield.guards.sites.personal import find_personal, mask_ids
from cityshield.guards.sites.unseen import Unseen, has_no_size, is_hidden
from cityshield.guards.sites.words import (
    DEFACED,
    FOR_SALE,
    PARKED,
    PHISHING_KIT,
    TELEGRAM_BOT,
    TELLS_VERSION,
    advertised,
    anywhere,
    in_title,
    sold,
)

Libraries = Callable[[str, str], tuple[tuple[str, str], ...]]
"""From the address and the text of a script to (name, version) pairs (see `libraries.py`)."""

MOST_BYTES = 1 << 20
"""So much of a body is read; the digest is of the whole."""

CUT: Final = "cut"
"""The mark of a page that was not read to its end."""
_MOST_TAGS = 100_000
"""So many tags are read: a page of 500 kB that has more was made to take our time."""
_MOST = 200
_MOST_TEXT = 300_000
_LONGEST_URL = 2_000
_LONGEST_TITLE = 300
_SHORT_TEXT = 2_000
_SHORT_PAGE = 6_000
_SCRIPT_TYPES = frozenset(
    ["", "module"]
    + [f"{kind}/{name}" for kind in ("text", "application")
       for name in ("javascript", "ecmascript", "x-javascript", "x-ecmascript")]
    + [f"text/{name}" for name in ("jscript", "livescript")]
    + [f"text/javascript1.{minor}" for minor in range(6)]
)  # fmt: skip
"""The types of JavaScript (MIME Sniffing, 4.6), with those of modules and none."""
_ICP = re.compile(
    r"[\u4e00-\u9fff][)）]?\s{0,3}ICP\s{0,3}[备证]\s{0,3}\d{5,10}\s{0,3}号(?:\s{0,3}-\s{0,3}\d{1,3})?",
    re.IGNORECASE,
)
_PSB = re.compile(r"[\u4e00-\u9fff]公网安备\s{0,3}\d{10,14}")
_SIGNED = re.compile(r"\W*(?:hacked|h4cked|hack3d|defaced|0wned|pwned) by\b")
_SAVED = re.compile(r"<!-- saved from url=\(\d{1,5}\)(https?://[^\s>]{1,300})")
_REDIRECTOR = re.compile(
    r"[?&](url|u|next|to|go|goto|link|target|dest|destination|redir|redirect|redirect_uri"
    r"|redirecturl|return|returnurl|return_to|continue|jump)=(https?(?::|%3a)[^&#\s]{1,300})",
    re.IGNORECASE,
)
_LATIN_SIGN = re.compile(r"[a-z] by\b")
_NO_BRACKETS = str.maketrans("", "", "()（）")
_PERSONAL_INPUTS = frozenset({"password", "tel", "email"})
_DOCTYPE = re.compile(r"\s{0,200}<!doctype\s{1,20}([a-z]{1,20})", re.IGNORECASE)
_MARKUP = re.compile(r"<[^<>]*+>")


def read_page(
    body: bytes,
    url: str,
    headers: Sequence[Header] = (),
    libraries: Libraries | None = None,
) -> Page:
    """What is taken from the HTML at an absolute address; the address is that of the last hop.

    `libraries` looks into scripts that stand in the page, and at the addresses of others. A body
    that is no HTML gives a page with little in it.
    """
    content_type = next((value for name, value in headers if name == "content-type"), "")
    text, charset = read_text(body[:MOST_BYTES], content_type)
    reader = _Reader(url, libraries)
    reader.read(text)
    return reader.page(text, charset, len(body), sha256(body).hexdigest())


class _Reader:
    """What was seen so far of one page."""

    def __init__(self, url: str, libraries: Libraries | None) -> None:
        self._url = url
        self._own = without_values(url)
        self._base = url
        self._host = host_of(url)
        self._is_secure = url.startswith("https:")
        self._libraries = libraries
        self._title = ""
        self._generator = ""
        self._language = ""
        self._about: list[str] = []
        self._text: list[str] = []
        self._scripts: dict[Script, None] = {}
        self._styles: dict[Script, None] = {}
        self._insecure: dict[str, None] = {}
        self._frames: dict[tuple[str, bool], None] = {}
        self._forms: list[tuple[str, str]] = []
        self._asked: set[int] = set()
        self._secrets: set[int] = set()
        self._contacts: set[int] = set()
        self._links: dict[str, int] = {}
        self._hidden_links: dict[str, None] = {}
        self._policies: list[str] = []
        self._referrer = ""
        self._code: list[str] = []
        self._redirectors: dict[str, None] = {}
        self._form = self._no_form = -1
        self._has_moved = False
        self._unseen = Unseen()
        self._is_cut = False

    def read(self, text: str) -> None:
        """Take one pass over the page."""
        handlers = _HANDLERS
        pieces, unseen = self._text, self._unseen
        next_tag, next_telling = EVERY_TAG.match, TELLING_TAG.match
        at, size, left = 0, len(text), _MOST_TAGS
        while at < size and left:
            left -= 1
            every = unseen or self._has_moved
            found = next_tag(text, at) if every else next_telling(text, at)
            if found is None:
                break
            at = found.end()
            before, raw, inside, content, slash, name, attributes = found.groups()
            if before:
                pieces.append(before)
                if unseen:
                    unseen.add(before)
            if raw:
                self._read_raw(raw.lower(), inside, content)
                continue
            if not name:
                continue
            name = name.lower()
            if unseen:
                unseen.go_on(name, bool(slash))
            if slash:
                if name == "form":
                    self._form = -1
                continue
            hidden = False
            if not unseen and attributes:
                told = attributes.lower()
                if "style" in told or "hidden" in told:
                    hidden = is_hidden(name, attributes_of(attributes))
                    if hidden:
                        unseen.begin(name)
            if (handler := handlers.get(name)) is not None:
                handler(self, attributes, hidden)
        unseen.end()
        self._is_cut = not left and at < size

    def page(self, text: str, charset: str, size_bytes: int, digest: str) -> Page:
        """What was taken, with the marks of the whole text."""
        visible = decode_all(_MARKUP.sub(" ", " ".join(self._text)[:_MOST_TEXT]))
        forms = tuple(
            Form(
                action,
                method,
                number in self._secrets,
                number in self._asked,
                number in self._contacts,
            )
            for number, (action, method) in enumerate(self._forms)
        )
        return Page(
            title=mask_ids(self._title),
            generator=self._generator,
            language=self._language,
            charset=charset,
            doctype=doctype[1].lower() if (doctype := _DOCTYPE.match(text)) else "",
            size_bytes=size_bytes,
            sha256=digest,
            scripts=tuple(self._scripts),
            styles=tuple(self._styles),
            insecure=tuple(self._insecure),
            frames=tuple(self._frames),
            forms=forms,
            links=tuple(self._links.items()),
            hidden_links=tuple(self._hidden_links),
            policies=tuple(self._policies),
            marks=tuple(sorted(dict.fromkeys(self._marks(text, visible)))),
            personal=find_personal(f"{self._title}\n{visible}"),
        )

    def _marks(self, text: str, visible: str) -> Iterator[str]:
        lower, title = text.lower(), self._title.lower()
        for mark in in_title().find(title):
            if mark != DEFACED or len(visible) < _SHORT_PAGE or not _LATIN_SIGN.search(title):
                yield mark
        if _SIGNED.match(title):
            yield DEFACED
        found = anywhere().find(lower)
        if any(mark.startswith("miner:") for mark in found):
            in_code = anywhere().find("\n".join(self._code).lower())
            found = {mark for mark in found if not mark.startswith("miner:") or mark in in_code}
        for mark in found:
            if mark in (PARKED, FOR_SALE):
                if len(visible) < _SHORT_TEXT:
                    yield mark
            elif mark.startswith("default-page:"):
                if len(visible) < _SHORT_PAGE:
                    yield mark
            elif mark not in (TELEGRAM_BOT, TELLS_VERSION):
                yield mark
        if len(visible) < _SHORT_TEXT:
            if DEFACED in in_title().find(" ".join(visible.split()).lower()):
                yield DEFACED
        for topic in advertised(" ".join([title, *self._about])):
            yield f"spam:{topic}"
        if self._unseen.said:
            hidden = decode_all(_MARKUP.sub(" ", " ".join(self._unseen.said)[:_MOST_TEXT]))
            for topic in sold(hidden.lower()):
                yield f"dark-links:{topic}"
        if self._secrets:
            saved = _SAVED.search(text[:4_096])
            if TELEGRAM_BOT in found or (saved and is_foreign(host_of(saved[1]), self._host)):
                yield PHISHING_KIT
        if "ICP" in visible or "icp" in visible:
            for number in _ICP.findall(visible)[:5]:
                yield f"icp:{''.join(number.upper().split()).translate(_NO_BRACKETS)}"
        if "公网安备" in visible:
            for number in _PSB.findall(visible)[:5]:
                yield f"psb:{''.join(number.split())}"
        for place in self._redirectors:
            yield f"redirector:{place}"
        if self._referrer:
            yield f"referrer:{self._referrer}"
        if TELLS_VERSION in found:
            yield from version_marks(text)
        if self._is_cut:
            yield CUT

    def _read_raw(self, name: str, inside: str, content: str) -> None:
        if name == "title":
            if not self._title:
                self._title = " ".join(decode(content[:_LONGEST_TITLE]).split())
        elif name == "script":
            attributes = attributes_of(inside)
            if attributes.get("type", "").partition(";")[0].strip().lower() not in _SCRIPT_TYPES:
                return
            source = self._join(attributes.get("src", "")) if "src" in attributes else ""
            self._code.append(source or content)
            if source:
                self._note_insecure(source)
            libraries: tuple[tuple[str, str], ...] = ()
            if self._libraries is not None and (source or content):
                libraries = self._libraries(source, "" if source else content)
            self._add_script(self._scripts, source, attributes, libraries)

    def _add_script(
        self,
        scripts: dict[Script, None],
        source: str,
        attributes: dict[str, str],
        libraries: tuple[tuple[str, str], ...] = (),
    ) -> None:
        if len(scripts) < _MOST:
            integrity = attributes.get("integrity", "")[:_LONGEST_TITLE]
            crossorigin = attributes.get("crossorigin", "")[:20]
            scripts[Script(without_user(source), integrity, crossorigin, libraries)] = None

    def _join(self, address: str) -> str:
        """An absolute address of the web; empty for any other."""
        address = address.strip()[:_LONGEST_URL]
        try:
            joined: str = ada_url.join_url(self._base, address)
        except ValueError:
            return ""
        return joined if joined.startswith(("http:", "https:")) else ""

    def _place(self, address: str) -> str:
        """The same without the values of parameters, which may be secrets of a visit."""
        return without_values(self._join(address))

    def _note_insecure(self, address: str) -> None:
        if self._is_secure and address.startswith("http:") and len(self._insecure) < _MOST:
            self._insecure[without_values(address[:_LONGEST_URL])] = None

    def _read_base(self, inside: str, hidden: bool) -> None:
        attributes = attributes_of(inside)
        if self._base == self._url and "href" in attributes:
            self._base = self._join(attributes["href"]) or self._url
            self._has_moved = host_of(self._base) != self._host

    def _read_html(self, inside: str, hidden: bool) -> None:
        attributes = attributes_of(inside)
        self._language = self._language or attributes.get("lang", "")[:20].lower()

    def _read_meta(self, inside: str, hidden: bool) -> None:
        attributes = attributes_of(inside)
        name, content = attributes.get("name", "").lower(), attributes.get("content", "")
        if attributes.get("http-equiv", "").lower() == "content-security-policy":
            if len(self._policies) < 10:
                self._policies.append(content)
        elif name == "referrer":
            self._referrer = content.strip().lower()[:40]
        elif name == "generator":
            self._generator = self._generator or content[:_LONGEST_TITLE]
        elif name in ("keywords", "description") and len(self._about) < 10:
            self._about.append(content.lower())

    def _read_link(self, inside: str, hidden: bool) -> None:
        attributes = attributes_of(inside)
        if "stylesheet" in attributes.get("rel", "").lower():
            if source := self._join(attributes.get("href", "")):
                self._note_insecure(source)
                self._add_script(self._styles, source, attributes)

    def _read_source(self, inside: str, hidden: bool) -> None:
        if "http:" in inside.lower():
            attributes = attributes_of(inside)
            self._note_insecure(self._join(attributes.get("src") or attributes.get("data", "")))

    def _read_frame(self, inside: str, hidden: bool) -> None:
        attributes = attributes_of(inside)
        source = self._join(attributes.get("src", "")) if attributes.get("src") else ""
        if source and len(self._frames) < _MOST:
            self._note_insecure(source)
            unseen = hidden or bool(self._unseen) or has_no_size(attributes)
            self._frames[without_values(source), unseen] = None

    def _read_form(self, inside: str, hidden: bool) -> None:
        attributes = attributes_of(inside)
        if len(self._forms) < _MOST:
            action = attributes.get("action", "").strip()
            method = attributes.get("method", "get").lower()[:10]
            self._form = len(self._forms)
            self._forms.append((self._place(action) if action else self._own, method))

    def _read_input(self, inside: str, hidden: bool) -> None:
        attributes = attributes_of(inside)
        kind = attributes.get("type", "").lower()
        if kind in _PERSONAL_INPUTS:
            if self._form < 0 and self._no_form < 0:  # outside any: a script of the page sends it
                self._no_form = len(self._forms)
                self._forms.append((self._own, "get"))
            form = self._no_form if self._form < 0 else self._form
            self._asked.add(form)
            (self._secrets if kind == "password" else self._contacts).add(form)

    def _read_anchor(self, inside: str, hidden: bool) -> None:
        address = address_of(inside)
        if not address or address[0] == "#":
            return
        if "=" in address and "=http" in address.lower():
            self._note_redirector(address)
        host = host_of(self._join(address))
        if host in ("", self._host):
            return
        if host in self._links or len(self._links) < _MOST:
            self._links[host] = self._links.get(host, 0) + 1
        if (hidden or self._unseen) and is_foreign(host, self._host):
            self._unseen.lead_away()
            if len(self._hidden_links) < _MOST:
                self._hidden_links[without_values(address[:_LONGEST_TITLE])] = None

    def _note_redirector(self, address: str) -> None:
        """Note a link that passes an address of somebody else to a page of this site."""
        joined = self._join(address)
        found = _REDIRECTOR.search(joined)
        if found is None or host_of(joined) != self._host or len(self._redirectors) >= 5:
            return
        target = host_of(
            found[2].replace("%3A", ":").replace("%3a", ":").replace("%2F", "/").replace("%2f", "/")
        )
        if is_foreign(target, self._host):
            path = joined.partition("://")[2].partition("?")[0].partition("/")[2]
            self._redirectors[f"/{without_values(path)[:_LONGEST_TITLE]}?{found[1]}"] = None


_HANDLERS: dict[str, Callable[[_Reader, str, bool], None]] = {
    "a": _Reader._read_anchor,
    "audio": _Reader._read_source,
    "base": _Reader._read_base,
    "embed": _Reader._read_source,
    "form": _Reader._read_form,
    "frame": _Reader._read_frame,
    "html": _Reader._read_html,
    "iframe": _Reader._read_frame,
    "img": _Reader._read_source,
    "input": _Reader._read_input,
    "link": _Reader._read_link,
    "meta": _Reader._read_meta,
    "object": _Reader._read_source,
    "source": _Reader._read_source,
    "video": _Reader._read_source,
}


def decode_all(text: str) -> str:
    """A long text with its character references resolved, piece by piece."""
    if "&" not in text:
        return text
    return "".join([decode(text[at : at + 4_000]) for at in range(0, len(text), 4_000)])
