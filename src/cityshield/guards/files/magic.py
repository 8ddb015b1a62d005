"""What a file is, by its first bytes, and what its name claims it is."""

from __future__ import annotations

from typing import Final

PROGRAMS: Final = frozenset({"exe", "elf", "macho", "script", "java", "dex", "shortcut", "html"})
"""Types that do something when they are opened."""

_MAGIC: Final = (
    (0, b"MZ", "exe"),
    (0, b"\x7fELF", "elf"),
    (0, b"\xcf\xfa\xed\xfe", "macho"),
    (0, b"\xce\xfa\xed\xfe", "macho"),
    (0, b"\xca\xfe\xba\xbe", "java"),
    (0, b"dex\n", "dex"),
    (0, b"L\x00\x00\x00\x01\x14\x02\x00", "shortcut"),
    (0, b"PK\x03\x04", "zip"),
    (0, b"PK\x05\x06", "zip"),
    (0, b"PK\x07\x08", "zip"),
    (0, b"Rar!\x1a\x07", "rar"),
    (0, b"7z\xbc\xaf\x27\x1c", "7z"),
    (0, b"\x1f\x8b", "gzip"),
    (0, b"BZh", "bzip2"),
    (0, b"\xfd7zXZ\x00", "xz"),
    (0, b"\x28\xb5\x2f\xfd", "zstd"),
    (257, b"ustar", "tar"),
    (0, b"%PDF-", "pdf"),
    (0, b"{\\rtf", "rtf"),
    (0, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "ole"),
    (0, b"\x89PNG\r\n\x1a\n", "png"),
    (0, b"\xff\xd8\xff", "jpeg"),
    (0, b"GIF8", "gif"),
    (8, b"WEBP", "webp"),
    (4, b"ftyp", "mp4"),
    (0, b"ID3", "mp3"),
    (0, b"OggS", "ogg"),
    (0, b"SQLite format 3\x00", "sqlite"),
    (0, b"\x00asm", "wasm"),
    (0, b"#!", "script"),
)

_CLAIMS: Final = {
    "exe": ("exe", "scr", "com", "dll", "msi", "pif", "cpl", "sys"),
    "script": ("js", "vbs", "ps1", "bat", "cmd", "hta", "wsf", "sh", "py", "pl"),
    "shortcut": ("lnk",),
    "java": ("jar", "class"),
    "dex": ("dex",),
    "html": ("html", "htm", "shtml", "xhtml"),
    "zip": ("zip", "docx", "xlsx", "pptx", "odt", "ods", "apk", "epub"),
    "rar": ("rar",),
    "7z": ("7z",),
    "pdf": ("pdf",),
    "rtf": ("rtf",),
    "ole": ("doc", "xls", "ppt", "msg"),
    "png": ("png",),
    "jpeg": ("jpg", "jpeg"),
    "gif": ("gif",),
    "webp": ("webp",),
    "mp4": ("mp4", "m4a", "mov"),
    "mp3": ("mp3",),
    "text": ("txt", "csv", "md", "log"),
}
_REVERSERS: Final = "\u202e\u202d\u2066\u2067\u2068"
_TYPE_OF_EXTENSION: Final = {
    extension: kind for kind, extensions in _CLAIMS.items() for extension in extensions
}

DOCUMENTS: Final = frozenset(
    {"pdf", "rtf", "ole", "png", "jpeg", "gif", "webp", "mp4", "mp3", "text"}
)
"""Claims that promise something to look at, not something that runs."""


def type_of(head: bytes) -> str:
    """The type of a content by its first 512 bytes: a name, `text`, `data` or `empty`."""
    if not head:
        return "empty"
    for offset, magic, name in _MAGIC:
        if head.startswith(magic, offset):
            return name
    start = head.lstrip()[:64].lower()
    if start.startswith((b"<!doctype html", b"<html", b"<script", b"<svg")):
        return "html"
    if b"\x00" in head:
        return "data"
    try:
        head.decode()
    except UnicodeDecodeError as error:
        return "text" if error.start >= len(head) - 3 else "data"
    return "text"


def extensions_of(name: str) -> list[str]:
    """The extensions of a file name in lower case, the outermost last: `a.pdf.exe` has two."""
    base = name.rpartition("!/")[2].replace("\\", "/").rpartition("/")[2].rstrip(" .")
    return [part.strip().lower() for part in base.split(".")[1:]]


def is_disguised(name: str, kind: str) -> bool:
    """Whether a name promises a document while its content, of type `kind`, or its end runs.

    So does `photo.jpg` that is a program, `bill.pdf.exe`, and a name written backwards by
    directional marks (CWE-451).
    """
    base = name.rpartition("!/")[2]
    if any(mark in base for mark in _REVERSERS):
        return True
    extensions, claimed = extensions_of(base), claim_of(base)
    if claimed in DOCUMENTS:
        return kind in PROGRAMS - {"script", "html"}
    if claimed not in PROGRAMS - {"html"} or len(extensions) < 2:
        return False
    return claim_of(f"x.{extensions[-2]}") in DOCUMENTS


def claim_of(name: str) -> str:
    """The type that a file name claims by its last extension; empty when it claims none."""
    extensions = extensions_of(name)
    return _TYPE_OF_EXTENSION.get(extensions[-1], "") if extensions else ""
