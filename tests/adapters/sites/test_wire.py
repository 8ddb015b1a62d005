"""Answers of DNS are read whole, and hostile ones raise one error and take no time."""

from __future__ import annotations

import time

import dns.message
import dns.rrset
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cityshield.adapters.sites.wire import (
    AAAA,
    CAA,
    CNAME,
    DS,
    MX,
    NS,
    TLSA,
    TXT,
    A,
    Malformed,
    ask,
    question,
    read,
)

NAME = "town.example"
RECORDS = {
    A: ("A", "192.0.2.1", "192.0.2.1"),
    AAAA: ("AAAA", "2001:db8::1", "2001:db8::1"),
    NS: ("NS", "ns1.Town.example.", "ns1.town.example"),
    CNAME: ("CNAME", "other.example.", "other.example"),
    MX: ("MX", "10 mx.town.example.", "10 mx.town.example"),
    TXT: ("TXT", '"v=spf1 " "-all"', "v=spf1 -all"),
    CAA: ("CAA", '0 issue "ca.example"', "issue ca.example"),
    TLSA: ("TLSA", "3 1 1 " + "0f" * 32, "3 1 1 " + "0f" * 32),
    DS: ("DS", "1 8 2 " + "00" * 32, "00010802" + "00" * 32),
}


@pytest.mark.parametrize("kind", RECORDS)
def test_records_are_read_as_another_library_wrote_them(kind: int) -> None:
    word, given_text, told = RECORDS[kind]
    asked = dns.message.from_wire(ask(question(NAME, kind), 7))
    assert asked.question[0].to_text() == f"{NAME}. IN {word}"
    reply = dns.message.make_response(asked)
    reply.answer.append(dns.rrset.from_text(f"{NAME}.", 60, "IN", word, given_text))
    assert read(reply.to_wire(), question(NAME, kind)).of(kind) == [told]


@pytest.mark.parametrize("code", ["NOERROR", "NXDOMAIN", "SERVFAIL", "REFUSED"])
def test_codes_are_told(code: str) -> None:
    reply = dns.message.make_response(dns.message.from_wire(ask(question(NAME, A), 7)))
    reply.set_rcode(dns.rcode.from_text(code))
    assert read(reply.to_wire(), question(NAME, A)).code == code


HEAD = b"\0\7\x81\x80\0\1\0\1\0\0\0\0" + question(NAME, A)


@pytest.mark.parametrize(
    "data",
    [
        b"", b"\0" * 11, ask(question(NAME, A), 7), HEAD, HEAD + b"\xc0", HEAD + b"\xc0\xff",
        HEAD + b"\xc0" + bytes([len(HEAD)]),  # a pointer to itself
        HEAD + b"\1a\xc0" + bytes([len(HEAD)]),  # a circle
        HEAD + b"\x3fx", HEAD + b"\x80", HEAD + b"\xc0\x0c\0\1\0\1\0\0\0\1\0\5\1\2\3\4\5",
        HEAD + b"\xc0\x0c\0\1\0\1\0\0\0\1\xff\xff\1\2\3\4",
        HEAD + b"\xc0\x0c\0\x10\0\1\0\0\0\1\0\2\xffx", HEAD + b"\xc0\x0c\0\x34\0\1\0\0\0\1\0\2\1\1",
        HEAD + b"\xc0\x0c\1\1\0\1\0\0\0\1\0\2\0\xff",
    ],
)  # fmt: skip
def test_what_is_malformed_says_so(data: bytes) -> None:
    with pytest.raises(Malformed):
        read(data, question(NAME, A))


def test_an_answer_to_another_question_is_none() -> None:
    reply = dns.message.make_response(dns.message.from_wire(ask(question("other.example", A), 7)))
    with pytest.raises(Malformed):
        read(reply.to_wire(), question(NAME, A))


@pytest.mark.parametrize("name", ["", ".", "a..b", "x" * 64, ".".join(["a" * 50] * 6)])
def test_what_cannot_be_a_name_is_not_asked_for(name: str) -> None:
    with pytest.raises(Malformed):
        question(name, A)


@given(st.binary(max_size=600))
def test_no_bytes_break_it(data: bytes) -> None:
    for raw in (data, HEAD + data):
        try:
            read(raw, question(NAME, A))
        except Malformed:
            pass


def test_ten_thousand_names_take_no_time() -> None:
    chain = b"".join(b"\xc0\x0c\0\5\0\1\0\0\0\1\0\2\xc0\x0c" for _ in range(4000))
    began = time.process_time()
    reply = read(HEAD[:6] + b"\x27\x10" + HEAD[8:] + chain, question(NAME, A))
    assert len(reply.records) <= 512
    assert time.process_time() - began < 0.2
