"""What pages say of themselves: the phrases that a mark stands for, found in one pass.

All phrases are in lower case. They are looked for in the whole text of a document, tags included,
unless a table says otherwise.
"""

from __future__ import annotations

from functools import cache
from typing import Any, Final

from cityshield.guards.sites.fingerprints import TELLING

DEFACED: Final = "defaced"
FOR_SALE: Final = "for-sale"
LISTING: Final = "listing"
ERROR_TRACE: Final = "stack-trace"
PARKED: Final = "parked"
PHISHING_KIT: Final = "phishing-kit"
PRIVACY_POLICY: Final = "privacy-policy"
TELEGRAM_BOT: Final = "telegram-bot"
TELLS_VERSION: Final = "tells-version"

_IN_TITLE = {
    "index of /": LISTING,
    "directory listing for": LISTING,
    "[to parent directory]": LISTING,
    "welcome to nginx": "default-page:nginx",
    "test page for the nginx": "default-page:nginx",
    "welcome to openresty": "default-page:openresty",
    "apache2 debian default page": "default-page:apache",
    "apache2 ubuntu default page": "default-page:apache",
    "apache http server test page": "default-page:apache",
    "test page for the apache": "default-page:apache",
    "iis windows server": "default-page:iis",
    "iis7": "default-page:iis",
    "apache tomcat/": "default-page:tomcat",
    "apache tomcat examples": "default-page:tomcat",
    "welcome to tengine": "default-page:tengine",
    "caddy works": "default-page:caddy",
    "placeholder page": "default-page:lighttpd",
    "没有找到站点": "default-page:bt",
    "恭喜，站点创建成功": "default-page:bt",
    "创建站点成功": "default-page:bt",
    "default web site page": "default-page:cpanel",
    "domain default page": "default-page:plesk",
    "domain for sale": FOR_SALE,
    "域名出售": FOR_SALE,
    "hacked by": DEFACED,
    "h4cked by": DEFACED,
    "hack3d by": DEFACED,
    "defaced by": DEFACED,
    "0wned by": DEFACED,
    "pwned by": DEFACED,
    "本站已被黑": DEFACED,
    "网站已被黑": DEFACED,
}
"""Phrases that count only in the title."""

_ANYWHERE = {
    "<h1>index of /": LISTING,
    '<pre><a href="../">../</a>': LISTING,
    "<h1>directory listing for": LISTING,
    "[to parent directory]": LISTING,
    "<h1>it works!</h1>": "default-page:apache",
    "this is the default welcome page": "default-page:apache",
    "if you see this page, the nginx web server is successfully installed": "default-page:nginx",
    "if you're seeing this, you've successfully installed tomcat": "default-page:tomcat",
    "it means you've setup tomcat successfully": "default-page:tomcat",
    "您的请求在web服务器中没有找到对应的站点": "default-page:bt",
    "<b>fatal error</b>:": ERROR_TRACE,
    "<b>warning</b>:  mysql": ERROR_TRACE,
    "php fatal error:  uncaught": ERROR_TRACE,
    "#0 {main}": ERROR_TRACE,
    "you have an error in your sql syntax; check the manual": ERROR_TRACE,
    "sqlstate[": ERROR_TRACE,
    "microsoft ole db provider for": ERROR_TRACE,
    "server error in '/' application": ERROR_TRACE,
    "<b>stack trace:</b>": ERROR_TRACE,
    "at org.apache.catalina.": ERROR_TRACE,
    "at org.springframework.": ERROR_TRACE,
    "you're seeing this error because you have <code>debug = true</code>": ERROR_TRACE,
    'class="whoops-container"': ERROR_TRACE,
    "ignition-error": ERROR_TRACE,
    "{ fast &amp; simple oop php framework }": ERROR_TRACE,
    "{ fast & simple oop php framework }": ERROR_TRACE,
    "this domain is parked": PARKED,
    "this domain has been parked": PARKED,
    "domain is parked free": PARKED,
    "parkingcrew.net": PARKED,
    "sedoparking.com": PARKED,
    "bodis.com/": PARKED,
    "该域名已停放": PARKED,
    "域名停靠": PARKED,
    "this domain is for sale": FOR_SALE,
    "this domain name is for sale": FOR_SALE,
    "buy this domain": FOR_SALE,
    "the domain may be for sale": FOR_SALE,
    "本域名出售": FOR_SALE,
    "该域名正在出售": FOR_SALE,
    "此域名出售": FOR_SALE,
    "本域名可转让": FOR_SALE,
    "coinhive.min.js": "miner:coinhive",
    "coinhive.anonymous(": "miner:coinhive",
    "coin-hive.com/": "miner:coinhive",
    "authedmine.com/": "miner:coinhive",
    "crypto-loot.com/": "miner:crypto-loot",
    "cryptoloot.anonymous(": "miner:crypto-loot",
    "coinimp.com/scripts": "miner:coinimp",
    "client.anonymous('": "miner:coinimp",
    "webminepool.com/lib": "miner:webminepool",
    "minero.cc/lib": "miner:minero",
    "jsecoin.com/": "miner:jsecoin",
    "deepminer.js": "miner:deepminer",
    "cryptonight.wasm": "miner:cryptonight",
    "cryptonight-asmjs": "miner:cryptonight",
    "api.telegram.org/bot": TELEGRAM_BOT,
    "隐私政策": PRIVACY_POLICY,
    "隐私权": PRIVACY_POLICY,
    "隐私声明": PRIVACY_POLICY,
    "隐私保护": PRIVACY_POLICY,
    "隐私条款": PRIVACY_POLICY,
    "个人信息保护": PRIVACY_POLICY,
    "privacy policy": PRIVACY_POLICY,
    "privacy notice": PRIVACY_POLICY,
    "privacy statement": PRIVACY_POLICY,
    "data protection": PRIVACY_POLICY,
    "/privacy": PRIVACY_POLICY,
}
"""Phrases that count wherever they stand."""

_SPAM = {
    "online casino": "gambling",
    "casino online": "gambling",
    "slot gacor": "gambling",
    "slot online": "gambling",
    "judi online": "gambling",
    "situs judi": "gambling",
    "togel": "gambling",
    "博彩": "gambling",
    "彩票平台": "gambling",
    "百家乐": "gambling",
    "澳门赌场": "gambling",
    "六合彩": "gambling",
    "时时彩": "gambling",
    "棋牌平台": "gambling",
    "赌球": "gambling",
    "真人娱乐": "gambling",
    "成人视频": "adult",
    "色情": "adult",
    "约炮": "adult",
    "私服发布": "games",
    "传奇私服": "games",
    "代开发票": "invoices",
    "办证刻章": "papers",
}
"""What dark links sell; each counts in a title, in keywords, and in what hidden links say."""

_SPAM_WORDS = {
    "casino": "gambling",
    "casinos": "gambling",
    "porn": "adult",
    "porno": "adult",
    "viagra": "pharmacy",
    "cialis": "pharmacy",
    "levitra": "pharmacy",
    "poker": "gambling",
    "slots": "gambling",
    "jackpot": "gambling",
    "betting": "gambling",
    "xxx": "adult",
}
"""Words of the same that are honest ones too, as in the name of a town: two of them count."""

_RARELY_HIDDEN = frozenset(["casino", "casinos", "porn", "porno", "viagra", "cialis", "levitra"])
"""Those that count alone in what hidden links say."""


class Phrases:
    """Phrases of one table, compiled into one automaton that looks for all of them at once."""

    def __init__(self, table: dict[str, str], whole: bool = False) -> None:
        """`whole` takes phrases of Latin letters as whole words only."""
        import re2

        self._marks = list(table.values())
        self._set: Any = re2.Set.SearchSet()
        for phrase in table:
            mark = r"\b" if whole and phrase.isascii() else ""
            self._set.Add(f"{mark}{re2.escape(phrase)}{mark}")
        self._set.Compile()

    def find(self, text: str) -> set[str]:
        """The marks whose phrases stand in a text in lower case."""
        found = self._set.Match(text.encode("utf-8", "replace")) if text else None
        return {self._marks[place] for place in found or ()}


@cache
def in_title() -> Phrases:
    """Phrases that count in a title."""
    return Phrases(_IN_TITLE)


@cache
def anywhere() -> Phrases:
    """Phrases that count wherever they stand."""
    return Phrases(_ANYWHERE | dict.fromkeys(sorted(TELLING), TELLS_VERSION))


@cache
def _spam() -> Phrases:
    return Phrases(_SPAM, whole=True)


@cache
def _spam_words() -> Phrases:
    return Phrases({word: f"{topic} {word}" for word, topic in _SPAM_WORDS.items()}, whole=True)


def advertised(text: str) -> set[str]:
    """The topics of spam that a title and keywords, in lower case, are about."""
    words = _spam_words().find(text)
    return _spam().find(text) | {word.split()[0] for word in words if len(words) > 1}


def sold(text: str) -> set[str]:
    """The topics of spam in what hidden links say, in lower case."""
    words = [found.split() for found in _spam_words().find(text)]
    counts = len(words) > 1 or any(word in _RARELY_HIDDEN for _, word in words)
    return _spam().find(text) | {topic for topic, _ in words if counts}
