"""Where one owner's names begin: public suffixes and registrable domains.

Source: publicsuffix.org/list, its private section included, from the ``publicsuffixlist``
package. Only the package's list file is read: its own parser encodes all 10 000 rules by
IDNA, which every start of a command would pay for. Here the lines become the keys of one
dictionary as they stand, comments and all (no host equals a comment); only wildcards
and exceptions are looked at one by one, and rules outside ASCII once a host needs them.
"""

from publicsuffixlist import PSLFILE

_PLAIN, _WILDCARD, _EXCEPTION = 1, 2, 3
_MOST_LABELS = 16  # more than any rule has; a host of 100 000 labels costs no more than this


class Suffixes:
    """The public suffix list, asked by host.

    Hosts are as ``Canonical.host`` has them: lower case, A-labels, no port. Mixed case, Unicode
    labels and one trailing dot are understood too; answers are in lower case. A top-level
    domain that is not listed is a suffix (the list's rule ``*``), and so is the parent of a
    wildcard rule. An IP address and a host with an empty label are their own suffix.
    """

    def __init__(self, source: str | None = None) -> None:
        """Read the list from the text given, else the one that ``publicsuffixlist`` brings."""
        if source is None:
            with open(PSLFILE, encoding="utf-8") as file:
                source = file.read()
        self._kinds = _kinds_of_rules(source)
        self._unencoded = not source.isascii()
        self._above: set[str] | None = None

    def registrable(self, host: str) -> str:
        """Give the domain someone registered: the suffix and one label more.

        The host itself when it is a suffix, an IP address or has an empty label.
        """
        host = host.lower().removesuffix(".")
        suffix = self._find(host)
        if len(suffix) == len(host):
            return host
        return host[host.rfind(".", 0, -len(suffix) - 1) + 1 :]

    def suffix(self, host: str) -> str:
        """Give the public suffix of a host, such as ``co.uk`` or ``github.io``."""
        return self._find(host.lower().removesuffix("."))

    def is_above_others(self, host: str) -> bool:
        """Tell whether a host is a public suffix or lies above one: others own names below."""
        if self.suffix(host) == host:
            return True
        if self._above is None:
            self._encode_rules()
            rules = [rule for rule in self._kinds if rule[0] not in "/ "]
            self._above = {rule[dot + 1 :] for rule in rules for dot in _dots(rule)}
        return host.lower().removesuffix(".") in self._above

    def _find(self, host: str) -> str:
        """Find the suffix of a lower-case host."""
        if host.startswith(".") or ".." in host:
            return host
        longer = rest = host
        if host.count(".") >= _MOST_LABELS:
            longer = rest = host.split(".", host.count(".") - _MOST_LABELS + 1)[-1]
        if self._unencoded and "xn--" in host:
            self._encode_rules()
        kinds = self._kinds
        while (kind := kinds.get(rest)) is None:
            dot = rest.find(".")
            if dot < 0:
                is_address = rest.isdecimal() or rest.endswith("]")
                return host if is_address else rest
            longer, rest = rest, rest[dot + 1 :]
        if kind == _WILDCARD:
            return longer
        return rest.partition(".")[2] if kind == _EXCEPTION else rest

    def _encode_rules(self) -> None:
        """Add the A-labels of the 460 rules outside ASCII: 3 ms, so not before a host asks."""
        foreign = [rule for rule in self._kinds if not rule.isascii() and rule[0] != "/"]
        self._kinds.update([(_a_labels(rule), self._kinds[rule]) for rule in foreign])
        self._unencoded = False


def _dots(rule: str) -> list[int]:
    return [place for place, letter in enumerate(rule) if letter == "."]


def _kinds_of_rules(source: str) -> dict[str, int]:
    """Map each rule of the list to its kind; comments stay in, as plain."""
    kinds = dict.fromkeys(source.split("\n"), _PLAIN)
    kinds.pop("", None)
    for line in [line for line in kinds if line[0] in "*!"]:
        rule = line.removeprefix("!").removeprefix("*.")
        kinds[rule] = _WILDCARD if line[0] == "*" else _EXCEPTION
    return kinds


def _a_labels(rule: str) -> str:
    """Encode a rule's labels by punycode (RFC 3492); the list keeps them already mapped."""
    return ".".join(
        label if label.isascii() else "xn--" + label.encode("punycode").decode("ascii")
        for label in rule.split(".")
    )
