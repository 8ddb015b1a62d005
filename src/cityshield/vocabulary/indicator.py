"""What a source says of a host, a URL or a file."""

from __future__ import annotations

from typing import Final

import msgspec

HOST: Final = "host"
URL: Final = "url"
SHA256: Final = "sha256"

MALICIOUS_ACTIVITY: Final = "malicious-activity"
BENIGN_ACTIVITY: Final = "benign"

SURE: Final = 100


class Indicator(msgspec.Struct, frozen=True, gc=False):
    """One entry of one source (STIX 2.1 indicator, its type from indicator-type-ov).

    `value` is the look-up expression: `host/` for a host and all below it, `host/path?query` for
    a URL, 64 lower-case hexadecimal digits for a file. Times are seconds since 1970 in UTC;
    `expires` is None where the entry does not expire. The source named it `sightings` times, and is
    sure of its entries to `confidence` (STIX 2.1, 0..100).
    """

    kind: str
    value: str
    type: str
    source: str
    reason: str
    first_seen: int
    last_seen: int
    expires: int | None
    sightings: int = 1
    confidence: int = SURE
