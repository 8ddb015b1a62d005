"""From bytes to text, as browsers do it; no page chooses a codec that is not for pages."""

from __future__ import annotations

import pytest

from cityshield.guards.sites.charset import _CODECS, read_text


@pytest.mark.parametrize(
    ("body", "kind", "text", "label"),
    [
        ("图书馆".encode(), "", "图书馆", "utf-8"),
        ("图书馆".encode("gbk"), "", "图书馆", "gb18030"),
        ("图书馆".encode("gbk"), "text/html; charset=GB2312", "图书馆", "gb2312"),
        ("圖書館".encode("big5"), "text/html;charset='big5'", "圖書館", "big5"),
        ("\ufeff图书馆".encode("utf-16-le"), "text/html; charset=gbk", "图书馆", "utf-16le"),
        ("图书馆".encode()[:-1], "", "图书\ufffd", "utf-8"),
        (b"caf\xe9 x", "", "café x", "windows-1252"),
        (b"+ADw-script", "text/html; charset=utf-7", "+ADw-script", "utf-8"),
        (b"abc", "text/html; charset=rot13", "abc", "utf-8"),
        (b"<meta charset=utf-16le>abc", "", "<meta charset=utf-16le>abc", "utf-8"),
        (b"", "", "", "utf-8"),
    ],
)
def test_encodings(body: bytes, kind: str, text: str, label: str) -> None:
    assert read_text(body, kind) == (text, label)


@pytest.mark.parametrize("label", sorted(_CODECS))
def test_every_codec_takes_any_bytes(label: str) -> None:
    assert isinstance(read_text(bytes(range(256)) * 2, f"charset={label}")[0], str)
