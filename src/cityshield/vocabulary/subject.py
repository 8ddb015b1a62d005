"""What CityShield is asked about."""

from __future__ import annotations

from typing import Final

import msgspec

LINK: Final = "link"
MESSAGE: Final = "message"
FILE: Final = "file"
SITE: Final = "site"


class Subject(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """One thing to judge: a kind and its value.

    `value` is the link, the text of the message, the name of the file, or the host name of the site
    in A-labels. `content` holds the
    bytes of a file that is in memory (an upload, a member of an archive); a file without content
    is read by the gatherer through its port, if the operator's composition gave it one.
    """

    kind: str
    value: str
    content: bytes | None = None

    def bare(self) -> Subject:
        """The same subject without its content, fit to be shown, kept and compared."""
        return self if self.content is None else Subject(self.kind, self.value)
