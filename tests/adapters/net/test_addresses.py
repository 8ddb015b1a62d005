"""Only the public internet is connected to, in whatever way an address is written."""

from __future__ import annotations

import pytest

from cityshield.adapters.net.addresses import Border, resolve_by_system
from cityshield.adapters.net.fetch import read_url
from cityshield.vocabulary.errors import ConfigurationError, InputError

REFUSED = [
    "0.0.0.0",
    "0.1.2.3",
    "10.0.0.1",
    "100.64.0.1",
    "100.100.100.200",
    "127.0.0.1",
    "127.255.255.254",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.8",
    "192.0.0.9",
    "192.0.0.170",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.1.1",
    "198.18.0.1",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "239.255.255.255",
    "240.0.0.1",
    "255.255.255.255",
    "168.63.129.16",
    "::",
    "::1",
    "::127.0.0.1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "::ffff:169.254.169.254",
    "::ffff:8.8.8.8",
    "64:ff9b::7f00:1",
    "64:ff9b::808:808",
    "64:ff9b:1::a00:1",
    "100::1",
    "2001::1",
    "2001:db8::1",
    "2001:20::1",
    "2002:7f00:1::1",
    "3fff::1",
    "5f00::1",
    "fc00::1",
    "fd00:ec2::254",
    "fe80::1",
    "fe80::1%eth0",
    "fec0::1",
    "ff02::1",
    "ff0e::1",
]
PUBLIC = [
    "1.1.1.1",
    "8.8.8.8",
    "9.9.9.9",
    "223.5.5.5",
    "2606:4700:4700::1111",
    "2620:fe::fe",
    "2400:3200::1",
]


@pytest.mark.parametrize("address", REFUSED)
def test_what_is_not_of_the_public_internet_is_refused(address: str) -> None:
    assert not Border().lets(address)


@pytest.mark.parametrize("address", PUBLIC)
def test_the_public_internet_is_let_through(address: str) -> None:
    assert Border().lets(address)


@pytest.mark.parametrize("text", ["", "localhost", "1.2.3", "0x7f000001", "1.1.1.1.", "::g"])
def test_what_is_no_address_is_refused(text: str) -> None:
    assert not Border(["0.0.0.0/0", "::/0"]).lets(text)


def test_the_operator_opens_networks() -> None:
    border = Border(["10.1.0.0/16", "fd00::/8"])
    assert border.lets("10.1.2.3")
    assert border.lets("::ffff:10.1.2.3")
    assert border.lets("fd00::1")
    assert not border.lets("10.2.0.1")
    assert not border.lets("127.0.0.1")


def test_a_network_that_is_none_is_an_error_of_the_settings() -> None:
    with pytest.raises(ConfigurationError):
        Border(["intranet"])


@pytest.mark.parametrize(
    "url",
    [
        "http://2130706433/", "http://017700000001/", "http://0x7f.1/", "http://127.1/",
        "http://0177.0.0.1/", "http://[::ffff:127.0.0.1]/", "http://[::ffff:7f00:1]/",
        "http://①②⑦.0.0.1/", "http://169.254.169.254/latest/meta-data/", "http://0/",
        "http://127。0。0。1/", "http://127.0.0.1./",
    ],
)  # fmt: skip
def test_an_address_in_disguise_is_seen(url: str) -> None:
    def nobody(host: str, time_s: float) -> list[str]:
        raise AssertionError(f"{host} is an address")

    with pytest.raises(InputError) as refused:
        Border().addresses_of(read_url(url).hostname, nobody, 1)
    assert refused.value.sentence == "error-net-address"


def test_of_the_addresses_of_a_name_the_public_ones_are_left() -> None:
    found = ["127.0.0.1", "8.8.8.8", "10.0.0.1", "::1"]
    assert Border().addresses_of("mixed.example", lambda *_: found, 1) == ["8.8.8.8"]
    with pytest.raises(InputError):
        Border().addresses_of("inside.example", lambda *_: ["127.0.0.1"], 1)


def test_the_system_resolves_its_own_name() -> None:
    assert set(resolve_by_system("localhost", 5)) & {"127.0.0.1", "::1"}
    with pytest.raises(InputError) as unknown:
        resolve_by_system("nobody.invalid", 20)
    assert unknown.value.sentence == "error-net-name"


@pytest.mark.parametrize(
    "url",
    [
        "ftp://a.example/", "file:///etc/passwd", "gopher://a.example/", "a.example", "http:///",
        "http://", "javascript:1", "http://a b.example/", "http://user:secret@a.example/",
        "http://user@a.example/", "http://a.example/\r\nX: y", "http://a.example:99999/",
        "https://" + "a" * 5000 + ".example/",
    ],
)  # fmt: skip
def test_other_addresses_are_refused(url: str) -> None:
    with pytest.raises(InputError):
        read_url(url)
