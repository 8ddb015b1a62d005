"""The page's form over HTTP, and how forms are read."""

from __future__ import annotations

import tempfile
from typing import Any

import httpx
import pytest

from cityshield.entrypoints.form import Upload, read_form
from cityshield.guards.files.checks.eicar import _TEXT as EICAR
from cityshield.vocabulary.errors import InputError
from tests.conftest import Live

BAD_LINK = "http://pay.parcel-desk.example/x"


@pytest.mark.parametrize(
    ("text", "content", "shown"),
    [
        (BAD_LINK, b"harmless", "parcel-desk"),
        ("晚上一起吃饭吧", EICAR, "eicar-name.com"),
        ("", EICAR, "eicar-name.com"),
        (BAD_LINK, b"", "parcel-desk"),
    ],
)
def test_text_and_file_are_both_judged_and_the_worse_is_shown(
    live: Live, text: str, content: bytes, shown: str
) -> None:
    files = {"file": ("eicar-name.com", content)}
    html = httpx.post(live.url, data={"text": text}, files=files, timeout=60).text
    assert 'class="answer level-malicious"' in html
    assert shown in html


class Sent:
    """A request, as far as a form needs one."""

    def __init__(self, content_type: str, body: bytes, step: int = 65_536) -> None:
        self.headers = {"content-type": content_type}
        self._body, self._step = body, step

    async def stream(self) -> Any:
        for start in range(0, len(self._body), self._step):
            yield self._body[start : start + self._step]
        yield b""

    async def body(self) -> bytes:
        return self._body


async def read(content_type: str, body: bytes, step: int = 65_536) -> dict[str, Any]:
    form: dict[str, Any] = await read_form(Sent(content_type, body, step), 1 << 20)  # type: ignore[arg-type]
    return form


def multipart(*parts: tuple[str, bytes]) -> bytes:
    pieces = [
        b"--b\r\nContent-Disposition: form-data; " + head.encode() + b"\r\n\r\n" + body + b"\r\n"
        for head, body in parts
    ]
    return b"".join(pieces) + b"--b--\r\n"


@pytest.mark.parametrize("step", [1, 7, 65_536])
async def test_fields_and_files(step: int) -> None:
    body = multipart(
        ('name="text"', "你好".encode()), ('name="file"; filename="a.bin"', b"\0\r\n--\xff"),
        ('name="none"; filename=""', b""), ('name="text"', b"second"),
    )  # fmt: skip
    form = await read("Multipart/Form-Data; boundary=b", body + b"after", step)
    assert form == {"text": "你好", "file": Upload("a.bin", b"\0\r\n--\xff"), "none": ""}


async def test_a_large_file_makes_no_temporary_file(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise AssertionError("a temporary file")

    for name in ("SpooledTemporaryFile", "TemporaryFile", "NamedTemporaryFile", "mkstemp"):
        monkeypatch.setattr(tempfile, name, fail)
    content = b"x" * (5 << 20)
    form = await read(
        "multipart/form-data; boundary=b", multipart(('name="f"; filename="a"', content))
    )
    assert form["f"].content == content


async def test_an_address_form() -> None:
    kind = "application/x-www-form-urlencoded"
    assert await read(kind, b"text=%e4%bd%a0+a%ff&did=&text=b") == {"text": "你 a\ufffd", "did": ""}
    assert await read("application/json", b"{}") == {}
    with pytest.raises(InputError):
        await read(kind, b"text=" + b"x" * (5 << 20))
    with pytest.raises(InputError):
        await read(kind, b"&a" * 60_000)


@pytest.mark.parametrize(
    ("boundary", "body"),
    [("", b"x"), ("; boundary=" + "b" * 300, b"x"), ("; boundary=b", b"--b\r\nConte"),
     ("; boundary=b", multipart(*[('name="x"', b"")] * 200)), ("; boundary=b", b"")],
)  # fmt: skip
async def test_what_is_no_form_is_said(boundary: str, body: bytes) -> None:
    with pytest.raises(InputError):
        await read(f"multipart/form-data{boundary}", body)
