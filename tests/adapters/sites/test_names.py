"""DNS is asked over a real socket, and what it says is told."""

from __future__ import annotations

import asyncio
import struct
from typing import Any

import dns.message
import pytest

from cityshield.adapters.sites import resolver as resolving
from cityshield.adapters.sites.names import find_addresses, find_mail, find_records
from cityshield.adapters.sites.resolver import Resolver
from cityshield.adapters.sites.wire import TXT, A
from cityshield.guards.sites.facts import Mail, Names
from cityshield.vocabulary.errors import ConfigurationError
from tests.adapters.sites.farm import NameServer, name_server, registrable, server


async def addresses(table: dict[tuple[str, str], Any], host: str) -> Names:
    async with name_server(table) as (_, place):
        resolver = Resolver([place])
        try:
            return await find_addresses(resolver, host)
        finally:
            resolver.close()


async def test_addresses_and_the_names_that_led_to_them() -> None:
    table = {
        ("www.town.example", "CNAME"): ["edge.cdn.example."],
        ("edge.cdn.example", "A"): ["192.0.2.1", "192.0.2.2"],
        ("edge.cdn.example", "AAAA"): ["2001:db8::1"],
    }
    told = await addresses(table, "www.town.example")
    assert (sorted(told.v4), told.v6) == (["192.0.2.1", "192.0.2.2"], ("2001:db8::1",))
    assert (told.status, told.chain, told.dangling) == ("NOERROR", ("edge.cdn.example",), "")


async def test_an_alias_to_nothing_dangles() -> None:
    told = await addresses(
        {("www.town.example", "CNAME"): ["left.cdn.example."]}, "www.town.example"
    )
    assert (told.status, told.dangling) == ("NXDOMAIN", "left.cdn.example")


async def test_aliases_in_a_circle_have_an_end() -> None:
    table = {("a.example", "CNAME"): ["b.example."], ("b.example", "CNAME"): ["a.example."]}
    told = await addresses(table, "a.example")
    assert told.status == "SERVFAIL"
    assert len(told.chain) <= 2


async def test_ten_thousand_aliases_have_an_end() -> None:
    table = {
        (f"n{number}.example", "CNAME"): [f"n{number + 1}.example."] for number in range(10_000)
    }
    told = await addresses(table, "n0.example")
    assert told.status == "SERVFAIL"
    assert len(told.chain) == 16


@pytest.mark.parametrize("broken", ["A", "AAAA"])
async def test_a_name_is_without_addresses_only_where_both_questions_were_answered(
    broken: str,
) -> None:
    def half(data: bytes) -> bytes:
        kind = dns.message.from_wire(data).question[0].rdtype.name
        reply = asked.answer(data)
        return reply[:3] + b"\x82" + reply[4:] if kind == broken else reply

    async with name_server({("town.example", "TXT"): ['"x"']}) as (asked, place):
        asked.raw = half
        resolver = Resolver([place])
        told = await find_addresses(resolver, "town.example")
        resolver.close()
    assert (told.status, told.dangling) == ("SERVFAIL", "")


async def test_what_nobody_answered_for_is_told() -> None:
    host = "www.town.example"

    def some(data: bytes) -> bytes:
        question = dns.message.from_wire(data).question[0]
        reply = asked.answer(data)
        failed = question.rdtype.name in ("CAA", "MX") or str(question.name).startswith("_dmarc")
        return reply[:3] + b"\x82" + reply[4:] if failed else reply

    async with name_server({(host, "A"): ["192.0.2.1"]}) as (asked, place):
        asked.raw = some
        resolver = Resolver([place])
        names = await find_records(resolver, Names("NOERROR"), host, "town.example")
        mail = await find_mail(resolver, names, host, "town.example", registrable)
        resolver.close()
    assert names.unanswered == ("MX", "CAA")
    assert mail.unanswered == ("dmarc",)


async def test_what_else_dns_says() -> None:
    host, domain = "www.town.example", "town.example"
    table = {
        (host, "A"): ["192.0.2.1"], (domain, "NS"): ["ns1.town.example."],
        (host, "MX"): ["10 mx.town.example."], (host, "TXT"): ['"v=spf1 -all"', '"other"'],
        (domain, "CAA"): ['0 issue "ca.example"'], (domain, "DS"): ["1 8 2 " + "00" * 32],
        (f"_443._tcp.{host}", "TLSA"): ["3 1 1 " + "0f" * 32], (f"_dmarc.{domain}", "TXT"): ['"v=DMARC1; p=reject"'],
        (f"_mta-sts.{host}", "TXT"): ['"v=STSv1; id=1"'], (f"_smtp._tls.{host}", "TXT"): ['"v=TLSRPTv1; rua=x"'],
        (f"selector1._domainkey.{host}", "TXT"): ['"v=DKIM1; p=AAAA"'],
    }  # fmt: skip
    async with name_server(table) as (asked, place):
        resolver = Resolver([place])
        names = await find_records(resolver, await find_addresses(resolver, host), host, domain)
        mail = await find_mail(resolver, names, host, domain, registrable)
        resolver.close()
        assert len(asked.asked) <= 27
    assert (names.servers, names.mail, names.signed) == (
        ("ns1.town.example",),
        ((10, "mx.town.example"),),
        True,
    )
    assert (names.authorities, names.tlsa) == ((("issue", "ca.example"),), ("3 1 1 " + "0f" * 32,))
    assert (mail.spf, mail.dmarc) == (("v=spf1 -all",), ("v=DMARC1; p=reject",))
    assert (mail.mta_sts, mail.tls_rpt) == ("v=STSv1; id=1", "v=TLSRPTv1; rua=x")
    assert mail.dmarc_inherited
    assert mail.dkim == (("selector1", "v=DKIM1; p=AAAA"),)


async def records(table: dict[tuple[str, str], Any], host: str) -> tuple[Names, Mail]:
    async with name_server(table) as (_, place):
        resolver = Resolver([place])
        try:
            names = await find_records(resolver, Names("NOERROR"), host, "town.example")
            return names, await find_mail(resolver, names, host, "town.example", registrable)
        finally:
            resolver.close()


async def test_the_rule_for_senders_is_found_among_many_texts() -> None:
    texts = [f'"proof={number}"' for number in range(20)]
    texts += ['"v=spf10 x"', '"V=SPF1 mx -all"']
    names, mail = await records({("town.example", "TXT"): texts}, "town.example")
    assert mail.spf == ("V=SPF1 mx -all",)
    assert len(names.texts) == 16


async def test_who_says_that_he_takes_no_mail_has_no_mail_server() -> None:
    names, mail = await records({("town.example", "MX"): ["0 ."]}, "town.example")
    assert (names.mail, mail.servers) == ((), ())


async def test_a_policy_of_ones_own_is_not_inherited() -> None:
    said = {("_dmarc.www.town.example", "TXT"): ['"v=DMARC1; p=none"']}
    _, mail = await records(said, "www.town.example")
    assert (mail.dmarc, mail.dmarc_inherited) == (("v=DMARC1; p=none",), False)


async def test_a_name_without_mail_is_not_asked_for_keys() -> None:
    async with name_server({("town.example", "A"): ["192.0.2.1"]}) as (asked, place):
        resolver = Resolver([place])
        await find_mail(resolver, Names("NOERROR"), "town.example", "town.example", registrable)
        resolver.close()
        assert [name for name, _ in asked.asked if "_domainkey" in name] == []


def checking(asked: NameServer, broken: str, signed: bool = True):  # type: ignore[no-untyped-def]
    """A resolver that checks signatures, and finds those of one name wrong."""

    def say(data: bytes) -> bytes:
        reply = asked.answer(data)
        unchecked = data[3] & 0x10
        if broken.encode() in data and signed and not unchecked:
            return reply[:3] + bytes([reply[3] & 0xF0 | 2]) + reply[4:6] + b"\0\0" + reply[8:]
        return reply

    return say


async def test_wrong_signatures_are_told_from_a_server_in_trouble() -> None:
    table = {("town.example", "A"): ["192.0.2.1"], ("town.example", "TXT"): ['"v=spf1 -all"']}
    async with name_server(table) as (asked, place):
        asked.raw = checking(asked, "town")
        resolver = Resolver([place])
        names = await find_addresses(resolver, "town.example")
        assert (names.status, names.v4, names.bogus) == ("NOERROR", ("192.0.2.1",), True)
        names = await find_records(resolver, names, "town.example", "town.example")
        assert (names.texts, names.unanswered) == (("v=spf1 -all",), ())
        asked.raw = lambda data: asked.answer(data)[:3] + b"\x82" + asked.answer(data)[4:]
        names = await find_addresses(resolver, "town.example")
        assert (names.status, names.bogus) == ("SERVFAIL", False)
        resolver.close()


async def test_a_server_in_trouble_for_a_moment_is_no_wrong_signature() -> None:
    async with name_server({("town.example", "A"): ["192.0.2.1"]}) as (asked, place):
        say, count = checking(asked, "town"), iter(range(100))
        asked.raw = lambda data: say(data) if next(count) < 2 else asked.answer(data)
        resolver = Resolver([place])
        assert not (await find_addresses(resolver, "town.example")).bogus
        resolver.close()


async def test_what_nobody_answered_is_not_taken_for_absent() -> None:
    async with name_server({("town.example", "A"): ["192.0.2.1"]}) as (asked, place):
        resolver = Resolver([place])
        names = await find_addresses(resolver, "town.example")
        asked.raw = checking(asked, "town")
        names = await find_records(resolver, names, "town.example", "town.example")
        mail = await find_mail(resolver, names, "town.example", "town.example", registrable)
        resolver.close()
    assert set(names.unanswered) == {"NS", "MX", "TXT", "TLSA", "CAA"}
    assert set(mail.unanswered) == {"spf", "dmarc", "mta_sts", "tls_rpt"}


async def test_a_silent_server_is_asked_again_and_then_given_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(resolving, "_TRIES_S", (0.05, 0.05))
    async with name_server({}) as (asked, place):
        asked.raw = lambda data: None
        resolver = Resolver([place])
        assert (await resolver.ask("town.example", A)).code == "TIMEOUT"
        assert resolver.questions == 2
        resolver.close()


async def test_names_whose_servers_are_silent_hold_up_no_others() -> None:
    async with name_server({("town.example", "A"): ["192.0.2.1"]}) as (asked, place):
        asked.raw = lambda data: None if b"silent" in data else asked.answer(data)
        resolver = Resolver([place], in_flight=10)
        waiting = [asyncio.ensure_future(resolver.ask(f"silent{n}.example", A)) for n in range(50)]
        await asyncio.sleep(0)
        async with asyncio.timeout(5):
            assert (await resolver.ask("town.example", A)).of(A) == ["192.0.2.1"]
        assert not any(each.done() for each in waiting)
        for each in waiting:
            each.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
        assert (await resolver.ask("town.example", A)).of(A) == ["192.0.2.1"]
        assert resolver._turns._value == 10
        resolver.close()


async def test_an_answer_with_another_number_is_not_believed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(resolving, "_TRIES_S", (0.05,))
    async with name_server({("town.example", "A"): ["192.0.2.1"]}) as (asked, place):
        asked.raw = lambda data: bytes([data[0] ^ 1]) + asked.answer(data)[1:]
        resolver = Resolver([place])
        assert (await resolver.ask("town.example", A)).code == "TIMEOUT"
        resolver.close()


async def test_nobody_there_is_a_timeout_and_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resolving, "_TRIES_S", (0.05,))
    resolver = Resolver(["127.0.0.1:1"])
    assert (await resolver.ask("town.example", A)).code == "TIMEOUT"
    resolver.close()


async def test_what_does_not_fit_is_asked_for_over_tcp() -> None:
    said: list[NameServer] = []

    async def over_tcp(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        (size,) = struct.unpack("!H", await reader.readexactly(2))
        reply = said[0].answer(await reader.readexactly(size))
        writer.write(struct.pack("!H", len(reply)) + reply)
        await writer.drain()

    table = {("town.example", "TXT"): ['"v=spf1 -all"']}
    async with server(over_tcp) as port, name_server(table, port) as (asked, place):
        said.append(asked)
        asked.raw = lambda data: data[:2] + b"\x83\x80" + data[4:10] + b"\0\0" + data[12:-11]
        resolver = Resolver([place])
        assert (await resolver.ask("town.example", TXT)).of(TXT) == ["v=spf1 -all"]
        resolver.close()


@pytest.mark.parametrize("text", ["127.0.0.1:x", "127.0.0.1:0", "[::1]:99999"])
def test_a_resolver_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(ConfigurationError):
        Resolver([text])
