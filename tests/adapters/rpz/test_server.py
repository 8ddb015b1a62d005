"""The zone served: transfers as the RFCs have them, to those who may, whatever is sent."""

from __future__ import annotations

import random
import socket
import ssl
import struct
import subprocess
import time
from base64 import b64encode

import dns.exception
import dns.flags
import dns.message
import dns.query
import dns.rcode
import dns.rdatatype
import dns.tsig
import dns.tsigkeyring
import dns.xfr
import dns.zone
import pytest

from cityshield.adapters.rpz import server as module
from cityshield.adapters.rpz.server import ZoneServer
from cityshield.adapters.rpz.settings import ZoneSettings
from cityshield.adapters.rpz.wire import Timing, Writer
from cityshield.ports.zone import BLOCKED, PASSED, STATE_NAME, Record
from cityshield.vocabulary.errors import ConfigurationError
from tests.adapters.rpz.support import ZONE, MemoryZone, ask, serving

SECRET = b64encode(b"0123456789abcdef").decode()


def transfer(
    server: ZoneServer, zone: dns.zone.Zone | None = None, **given: object
) -> dict[str, str]:
    """Transfer the zone, or bring `zone` up to date; each name and what its record says."""
    host, port = server.addresses[0]
    zone = zone or dns.zone.Zone(ZONE)
    serial = zone.get_soa().serial if zone.nodes else None
    query, _ = dns.xfr.make_query(zone, serial=serial)
    if "keyring" in given:
        query.use_tsig(given["keyring"], algorithm=dns.tsig.HMAC_SHA256)  # type: ignore[arg-type]
    dns.query.inbound_xfr(host, zone, query, port=port, timeout=10, lifetime=20)
    return {
        str(name): str(rdataset[0])
        for name, rdataset in zone.iterate_rdatasets()
        if rdataset.rdtype in (dns.rdatatype.CNAME, dns.rdatatype.TXT)
    }


def test_the_writer_and_a_library_agree_about_every_record() -> None:
    writer = Writer(ZONE, "warn.city.example", Timing(ttl_s=7))
    records = [Record("a.example", BLOCKED), Record("*.b.example", PASSED)]
    (wire,) = writer.messages(9, dns.rdatatype.AXFR, writer.whole(3, records))
    answer = dns.message.from_wire(wire, one_rr_per_rrset=True)
    assert answer.flags & dns.flags.AA
    assert [rrset.to_text() for rrset in answer.answer] == [
        f"{ZONE}. 7 IN SOA localhost. hostmaster.localhost. 3 60 30 2592000 7",
        f"{ZONE}. 7 IN NS localhost.",
        f'{STATE_NAME}.{ZONE}. 1 IN TXT "3"',
        f"a.example.{ZONE}. 7 IN CNAME warn.city.example.",
        f"*.b.example.{ZONE}. 7 IN CNAME rpz-passthru.",
        f"{ZONE}. 7 IN SOA localhost. hostmaster.localhost. 3 60 30 2592000 7",
    ]


def test_a_full_transfer_of_many_messages_and_then_its_changes() -> None:
    names = [f"h{number}.example" for number in range(3000)]
    zone = MemoryZone(*names)
    with serving(zone) as server:
        held = dns.zone.Zone(ZONE)
        found = transfer(server, held)
        assert found == {**dict.fromkeys(names, "."), STATE_NAME: '"1"'}
        zone.change(h1_example=None, new_example=1, h2_example=2)
        found = transfer(server, held)
        assert found[STATE_NAME] == '"2"'
        assert ("h1.example" in found, found["new.example"]) == (False, ".")
        assert found["h2.example"] == "rpz-passthru."
        assert transfer(server, held) == found
        del zone.states[2]
        zone.states[9] = {"only.example": 1}
        zone.told()
        assert set(transfer(server, held)) == {"only.example", STATE_NAME}


def test_answers_over_udp_are_small_and_send_a_transfer_to_tcp() -> None:
    with serving(MemoryZone("a.example")) as server:
        soa = ask(server, "SOA")
        assert (soa.answer[0][0].serial, soa.rcode()) == (1, dns.rcode.NOERROR)
        assert ask(server, "NS").answer[0][0].to_text() == "localhost."
        query, _ = dns.xfr.make_query(dns.zone.Zone(ZONE), serial=None)
        assert ask(server, "AXFR").rcode() == dns.rcode.REFUSED
        older = dns.message.make_query(ZONE, "IXFR")
        older.authority.append(soa.answer[0].copy())
        host, port = server.addresses[0]
        (rrset,) = dns.query.udp(older, host, port=port, timeout=5).answer
        assert rrset.rdtype == dns.rdatatype.SOA
        assert query.question[0].rdtype == dns.rdatatype.AXFR


@pytest.mark.parametrize(
    ("name", "type_"), [("example", "SOA"), (ZONE, "A"), (f"a.{ZONE}", "CNAME"), (ZONE, "ANY")]
)
def test_anything_else_is_refused(name: str, type_: str) -> None:
    with serving(MemoryZone("a.example")) as server:
        for tcp in (False, True):
            assert ask(server, type_, name, tcp=tcp).rcode() == dns.rcode.REFUSED


def test_a_stranger_is_refused_and_the_holder_of_a_key_is_not() -> None:
    zone = MemoryZone(*[f"h{number}.example" for number in range(2000)])
    keyring = dns.tsigkeyring.from_text({"to-resolver.": SECRET})
    with serving(zone, allow=("192.0.2.0/24",), keys={"to-resolver": SECRET}) as server:
        assert ask(server, "SOA").rcode() == dns.rcode.REFUSED
        with pytest.raises(dns.exception.DNSException):
            transfer(server)
        assert len(transfer(server, keyring=keyring)) == 2001
        for wrong in ({"to-resolver.": b64encode(b"f" * 16).decode()}, {"other.": SECRET}):
            with pytest.raises(dns.exception.DNSException):
                transfer(server, keyring=dns.tsigkeyring.from_text(wrong))


@pytest.mark.parametrize("keys", [{"k": "not base64!"}, {"k": b64encode(b"short").decode()},
                                  {"a..b": SECRET}])  # fmt: skip
def test_a_key_that_is_none_is_named(keys: dict[str, str]) -> None:
    with pytest.raises(ConfigurationError) as caught:
        ZoneServer(MemoryZone(), ZoneSettings(keys=keys))
    assert caught.value.args_for_sentence["name"] in keys


@pytest.mark.parametrize("given", [{"allow": ("10.0.0.0/99",)}, {"notify": ("resolver",)},
                                   {"notify": ("192.0.2.1@dns",)}])  # fmt: skip
def test_a_setting_that_cannot_be_used_is_refused(given: dict[str, tuple[str, ...]]) -> None:
    with pytest.raises(ConfigurationError):
        ZoneServer(MemoryZone(), ZoneSettings(**given))  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def tls(tmp_path_factory: pytest.TempPathFactory) -> dict[str, object]:
    """The settings of a server with a certificate of its own."""
    folder = tmp_path_factory.mktemp("tls")
    certificate, key = folder / "c.pem", folder / "k.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
        + ["-nodes", "-days", "2", "-subj", "/CN=zone.example", "-keyout", str(key)]
        + ["-out", str(certificate)],
        check=True,
        capture_output=True,
    )
    return {"certificate": str(certificate), "key": str(key), "tls_port": 0}


def test_a_transfer_over_tls_speaks_dns_over_tls(tls: dict[str, object]) -> None:
    with serving(MemoryZone("a.example"), **tls) as server:
        context = ssl.create_default_context(cafile=str(tls["certificate"]))
        context.check_hostname = False
        context.set_alpn_protocols(["dot"])
        host, port = server.addresses[1]
        query = dns.message.make_query(ZONE, "AXFR").to_wire()
        with (
            socket.create_connection((host, port), timeout=10) as plain,
            context.wrap_socket(plain) as stream,
        ):
            assert (stream.selected_alpn_protocol(), stream.version()) == ("dot", "TLSv1.3")
            stream.sendall(struct.pack("!H", len(query)) + query)
            (size,) = struct.unpack("!H", stream.recv(2))
            answer = dns.message.from_wire(stream.recv(size), one_rr_per_rrset=True, xfr=True)
        assert answer.answer[-2].to_text() == f"a.example.{ZONE}. 30 IN CNAME ."


def test_hostile_packets_are_refused_or_dropped_and_the_server_goes_on() -> None:
    chance = random.Random(5)
    seeds = [dns.message.make_query(ZONE, type_).to_wire() for type_ in ("SOA", "IXFR", "AXFR")]
    seeds.append(b"\x00\x01\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\xc0\x0c\x00\x06\x00\x01")
    with serving(MemoryZone("a.example")) as server:
        host, port = server.addresses[0]
        for number in range(3000):
            wire = bytearray(chance.choice(seeds))
            for _ in range(chance.randrange(1, 8)):
                wire[chance.randrange(len(wire))] = chance.randrange(256)
            if number % 3 == 0:
                del wire[chance.randrange(len(wire)) :]
            answer = server.answer(bytes(wire), "127.0.0.1")
            assert answer is None or (answer[:2] == bytes(wire[:2]) and answer[2] & 0x80)
        for hostile in (b"", b"\0", b"\xff\xff" + b"x" * 100, b"\0\x03abc", b"\0\x0c" + b"\0" * 12):
            with socket.create_connection((host, port), timeout=5) as stream:
                stream.sendall(hostile)
                stream.shutdown(socket.SHUT_WR)
                while stream.recv(4096):
                    pass
        assert ask(server, "SOA", tcp=True).rcode() == dns.rcode.NOERROR


def test_only_so_many_connections_are_served_at_once() -> None:
    with serving(MemoryZone("a.example"), connections=8) as server:  # a quarter for each peer
        held = [socket.create_connection(server.addresses[0], timeout=5) for _ in range(2)]
        query = dns.message.make_query(ZONE, "SOA").to_wire()
        for stream in held:
            stream.sendall(struct.pack("!H", len(query)) + query)
            assert stream.recv(2)
        with socket.create_connection(server.addresses[0], timeout=5) as third:
            third.sendall(struct.pack("!H", len(query)) + query)
            with pytest.raises((ConnectionError, AssertionError)):
                assert third.recv(2)
        for stream in held:
            stream.close()


def test_connections_that_never_shake_hands_are_counted_and_end(
    tls: dict[str, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_HANDSHAKE_S", 2.0)
    with serving(MemoryZone("a.example"), connections=8, **tls) as server:  # two for each peer
        idle = [socket.create_connection(server.addresses[1], timeout=5) for _ in range(6)]
        began = time.monotonic()
        assert [_is_ended(stream, 0.3) for stream in idle] == [False] * 2 + [True] * 4
        assert all(_is_ended(stream, 4) for stream in idle[:2])
        assert 1.5 < time.monotonic() - began < 6
        context = ssl.create_default_context(cafile=str(tls["certificate"]))
        context.check_hostname = False
        plain = socket.create_connection(server.addresses[1], timeout=5)
        context.wrap_socket(plain).close()  # there is room again
        for stream in idle:
            stream.close()


def test_a_stranger_gets_no_handshake(tls: dict[str, object]) -> None:
    given = {"allow": ("192.0.2.0/24",), **tls}
    with (
        serving(MemoryZone("a.example"), **given) as server,
        socket.create_connection(server.addresses[1], timeout=5) as stream,
    ):
        assert _is_ended(stream, 2)


def _is_ended(stream: socket.socket, within_s: float) -> bool:
    """Whether the other side closes the connection within a time."""
    stream.settimeout(within_s)
    try:
        return stream.recv(1) == b""
    except TimeoutError:
        return False
    except ConnectionError:
        return True
