"""Messages with labels: the project's own corpus, and public sets in the same shape of lines."""

from __future__ import annotations

import gzip
from collections.abc import Iterable, Iterator
from hashlib import blake2b
from pathlib import Path

import msgspec

from cityshield.guards.check import read_toml
from cityshield.vocabulary.errors import InputError

FRAUD, BENIGN = "fraud", "benign"


class Message(msgspec.Struct, frozen=True):
    """One labelled message. `voice` is who wrote it, or the set and group it is from.

    `type` is a type of fraud, or a kind of honest message. `second` is the label of a second reader
    who did not see the first, `split` what the message is for: train, tune or test. `tells` are the
    words that give a fraud away: what they do, and their range in the text.
    """

    text: str
    label: str
    type: str = ""
    channel: str = ""
    stage: str = ""
    voice: str = ""
    lang: str = ""
    source: str = ""
    group: int | str = ""
    split: str = ""
    second: str = ""
    tells: list[tuple[str, int, int]] = []


def read_messages(path: Path) -> Iterator[Message]:
    """The messages of a file of JSON Lines, packed by gzip or not.

    Raises InputError that names the file and the line.
    """
    opened = gzip.open if path.suffix == ".gz" else open
    number = 0
    try:
        with opened(path, "rb") as file:
            for line in file:
                number += 1
                if line.strip():
                    yield msgspec.json.decode(line, type=Message)
    except OSError as error:
        raise InputError("error-file", path=str(path), reason=str(error)) from error
    except (msgspec.MsgspecError, EOFError) as error:
        reason = f"{number}: {error}"
        raise InputError("error-corpus-line", path=str(path), reason=reason) from error


def read_corpus(folder: Path) -> list[Message]:
    """Every message of the project's corpus, in order of file and line."""
    paths = sorted((folder / "messages").glob("*.jsonl"))
    if not paths:
        raise InputError("error-corpus", path=str(folder))
    return [message for path in paths for message in read_messages(path)]


def read_examples(folder: Path) -> Iterator[Message]:
    """The examples in the files of tells and types: what hits is fraud, what misses is not.

    Of the check `ordinary`, what hits is benign.
    """
    tells, types = sorted(folder.glob("tells/*.toml")), sorted(folder.glob("types/*.toml"))
    for path in (*tells, *types, folder / "checks" / "ordinary.toml"):
        card = read_toml(path)
        kind = path.stem if path.parent.name == "types" else ""
        ordinary = path.stem == "ordinary"
        for key, label in (("hits", BENIGN if ordinary else FRAUD), ("misses", BENIGN)):
            if ordinary and key == "misses":
                continue
            for example in card[key]:
                yield Message(example["subject"], label, kind, source="examples")


PUBLIC = ("fbs", "taf", "nus_zh", "nus_en", "crosswoz", "uci_sms", "mishra_soni")
"""Public sets that may shape what ships."""

_LABELS = {"fraud": FRAUD, "benign": BENIGN}
_HELD_OUT_PERCENT = 42


def read_public(data: Path, names: Iterable[str] = PUBLIC) -> Iterator[Message]:
    """Messages of public sets with a label of fraud or benign, whole groups held out for testing.

    `split` is test for about 42 in 100 groups, by a digest of the group, and train for the others.
    """
    for name in names:
        for message in read_messages(data / "messages" / "train" / f"{name}.jsonl.gz"):
            if message.label in _LABELS:
                digest = blake2b(str(message.group).encode(), digest_size=2).digest()
                held = int.from_bytes(digest) % 100 < _HELD_OUT_PERCENT
                yield msgspec.structs.replace(message, split="test" if held else "train")
