"""From the bytes of a page to its text, as browsers do (Encoding Standard; HTML 13.2.3)."""

from __future__ import annotations

import re

_CODECS = {
    "utf-8": "utf-8",
    "utf8": "utf-8",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "gb18030": "gb18030",
    "x-gbk": "gb18030",
    "gb_2312-80": "gb18030",
    "hz-gb-2312": "hz",
    "big5": "big5hkscs",
    "big5-hkscs": "big5hkscs",
    "shift_jis": "cp932",
    "euc-jp": "euc_jp",
    "iso-2022-jp": "iso2022_jp",
    "euc-kr": "cp949",
    "ks_c_5601-1987": "cp949",
    "iso-8859-1": "cp1252",
    "us-ascii": "cp1252",
    "ascii": "cp1252",
    "latin1": "cp1252",
    "windows-1252": "cp1252",
    "windows-1251": "cp1251",
    "koi8-r": "koi8_r",
    "utf-16": "utf-16-le",
    "utf-16le": "utf-16-le",
    "utf-16be": "utf-16-be",
}
"""Labels and the codec of each. A page that names any other is looked at instead: Python has codecs
that no page may ask for."""

_MARKS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xfe\xff", "utf-16be"), (b"\xff\xfe", "utf-16le"))
_HEADER = re.compile(r"""charset\s*=\s*["']?([\w.:-]{1,40})""", re.IGNORECASE)
_META = re.compile(
    rb"""<meta[^>]{0,200}?charset\s{0,9}=\s{0,9}["']?([\w.:-]{1,40})""", re.IGNORECASE
)
_PRESCAN_BYTES = 2_048
_CUT = ("unexpected end of data", "incomplete multibyte sequence")
"""What decoders say of a body that was cut within a character."""


def read_text(body: bytes, content_type: str = "") -> tuple[str, str]:
    """The text of a body, and the label of its encoding; nothing raises, what is broken is U+FFFD.

    In order: byte order mark, the header, `<meta>`, what the bytes are valid in, Latin.
    """
    for mark, label in _MARKS:
        if body.startswith(mark):
            return body[len(mark) :].decode(_CODECS[label], "replace"), label
    named = _HEADER.search(content_type[:500])
    label = named[1].lower() if named else ""
    if label not in _CODECS:
        meta = _META.search(body[:_PRESCAN_BYTES])
        label = meta[1].decode("ascii", "replace").lower() if meta else ""
        if label.startswith("utf-16"):  # the tag could not have been read if that were true
            label = "utf-8"
    if label not in _CODECS:
        label = _looked_at(body)
    return body.decode(_CODECS[label], "replace"), label


def _looked_at(body: bytes) -> str:
    for label in ("utf-8", "gb18030"):
        try:
            body.decode(label)
        except UnicodeDecodeError as error:
            if error.reason in _CUT:
                return label
        else:
            return label
    return "windows-1252"
