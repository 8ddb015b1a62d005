"""Appeals kept: joined, granted with their decision, forgotten; the audit knows nobody."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import update

from cityshield.adapters.store import audit
from cityshield.adapters.store import decisions as decided
from cityshield.adapters.store.backup import export_everything
from cityshield.adapters.store.database import open_database, writing
from cityshield.adapters.store.retention import run_retention
from cityshield.adapters.store.tables import appeals as table
from cityshield.appeals import Appeals
from cityshield.config import Config
from cityshield.desk import Desk
from cityshield.desks.decisions.appeals import MOST_VOICES, PATIENCE_DAYS
from cityshield.desks.decisions.review import DAY_S
from cityshield.vocabulary.appeal import (
    GRANTED,
    LAPSED,
    MENDED,
    MISTAKE,
    NEED_MORE,
    OPEN,
    OWNER,
    UPHELD,
    VISITOR,
    WRONG,
)
from cityshield.vocabulary.decision import IN_FORCE, REMOVED
from cityshield.vocabulary.errors import Forbidden, InputError
from cityshield.vocabulary.identity import Identity

ANA, BO, CY = (Identity(name, "analyst") for name in ("ana", "bo", "cy"))
SECRET_WORDS = (
    "zebra-contact@person.example",
    "umbrella-text",
    "giraffe-evidence",
    "lion-question",
)
HOUR_S = 3600


class Clock:
    at = 1_800_000_000

    def now(self) -> int:
        return self.at


class City:
    """A store with a block of `a.example`, and a clock that the test moves."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.clock = Clock()
        self.engine = open_database(home)
        self.desk = Desk(self.engine, self.clock, Config())
        self.appeals = Appeals(self.engine, self.clock, Config())
        self.number = self.block("a.example")

    def block(self, name: str) -> int:
        number = self.desk.propose(name, "block", "r", ANA).id
        return self.desk.approve(number, BO).id

    def appeal(self, speaker: str = OWNER, text: str = "please") -> tuple[int, str]:
        made, secret = self.appeals.open(self.number, speaker, MISTAKE, text, evidence={})
        return made.id, secret

    def blocked(self) -> list[str]:
        self.desk.zone.publish()
        return [record.owner for record in self.desk.zone.records()[1]]


@pytest.fixture
def city(home: Path) -> City:
    return City(home)


def test_who_says_the_same_as_others_joins_them_and_sees_only_their_own_words(city: City) -> None:
    first, mine = city.appeal(VISITOR, "mine")
    second, theirs = city.appeal(VISITOR, "theirs")
    third, _ = city.appeal(OWNER, "owner")
    assert first == second != third
    assert mine != theirs and len(mine) >= 32
    (shown,) = [city.appeals.by_secret(mine)]
    assert shown is not None
    assert shown.people == 2
    assert [m.text for v in shown.voices for m in v.messages] == ["mine"]
    proofs = {voice.proof for voice in city.appeals.read(first, CY).voices}
    assert len(proofs) == 2
    assert [a.id for a in city.appeals.waiting_on(city.number)] == [first, third]


def test_an_appeal_takes_so_many_and_no_more(city: City) -> None:
    for _ in range(MOST_VOICES):
        city.appeal(VISITOR)
    with pytest.raises(InputError) as caught:
        city.appeal(VISITOR)
    assert caught.value.sentence == "error-appeal-full"
    assert len(city.appeals.find()) == 1


def test_a_secret_opens_one_appeal_and_is_not_kept(city: City) -> None:
    _, secret = city.appeal()
    for wrong in ("", "x", secret[:-1], secret + "x", "é" * 32, "x" * 10_000, "\x00"):
        assert city.appeals.by_secret(wrong) is None
        assert city.appeals.reply(wrong[:90], "hello", {}) is None
    city.engine.dispose()
    assert all(secret.encode() not in path.read_bytes() for path in city.home.glob("*.sqlite3*"))


def test_a_grant_ends_the_block_for_everybody_who_appealed(city: City) -> None:
    assert city.blocked() == ["a.example"]
    owner, _ = city.appeal(OWNER)
    visitor, secret = city.appeal(VISITOR)
    city.appeals.grant(owner, "a false alarm", WRONG, CY)
    assert city.blocked() == []
    ended = decided.get(city.engine, city.number)
    assert (ended.state, ended.end_reason, ended.ended_by) == (REMOVED, "a false alarm", "cy")
    other = city.appeals.by_secret(secret)
    assert other is not None
    assert (other.id, other.state, other.outcome) == (visitor, GRANTED, WRONG)
    with pytest.raises(InputError) as caught:
        city.appeal()
    assert caught.value.sentence == "error-appeal-over"
    assert audit.verify(city.engine).broken_at is None


def test_a_grant_that_is_refused_changes_nothing(city: City) -> None:
    number, _ = city.appeal()
    before = city.appeals.find(), len(list(audit.read_audit(city.engine)))
    for act in (
        lambda: city.appeals.grant(number, "clean", MENDED, ANA),
        lambda: city.appeals.uphold(number, "no", BO),
    ):
        with pytest.raises(Forbidden):
            act()
    assert (city.appeals.find(), len(list(audit.read_audit(city.engine)))) == before
    assert decided.get(city.engine, city.number).state == IN_FORCE
    assert city.appeals.uphold(number, "still there", CY).state == UPHELD
    again, _ = city.appeal()
    assert again != number


def test_question_and_answer(city: City) -> None:
    number, secret = city.appeal()
    city.appeals.ask(number, "since when?", CY)
    shown = city.appeals.by_secret(secret)
    assert shown is not None
    assert (shown.state, [m.text for m in shown.asked]) == (NEED_MORE, ["since when?"])
    city.clock.at += HOUR_S
    told = city.appeals.reply(secret, "", {"since": "May"})
    assert told is not None
    assert (told.state, told.due) == (OPEN, city.clock.at + 72 * HOUR_S)
    assert city.appeals.read(number, CY).voices[0].evidence == {"since": "May"}


def test_what_has_nothing_left_to_decide_lapses(city: City) -> None:
    first, _ = city.appeal()
    city.desk.end(city.number, "cleaned", BO)
    assert city.appeals.read(first, CY).state == LAPSED
    city.number = city.block("b.example")
    second, _ = city.appeal()
    city.appeals.ask(second, "?", CY)
    city.clock.at += PATIENCE_DAYS * DAY_S - 1
    assert city.appeals.read(second, CY).state == NEED_MORE
    city.clock.at += 1
    assert city.appeals.read(second, CY).state == LAPSED
    third, secret = city.appeal()
    city.clock.at += 90 * DAY_S
    shown = city.appeals.by_secret(secret)
    assert shown is not None and shown.state == LAPSED and shown.id == third
    acts = [entry.action for entry in audit.read_audit(city.engine)]
    assert acts.count("appeals.lapse") == 3


def test_the_most_urgent_comes_first(city: City) -> None:
    late, _ = city.appeal(OWNER)
    city.clock.at += 80 * HOUR_S
    asked, _ = city.appeal(VISITOR)
    city.appeals.ask(asked, "?", CY)
    city.number = city.block("b.example")
    fresh, _ = city.appeal()
    assert [a.id for a in city.appeals.find()] == [late, fresh, asked]
    assert [a.id for a in city.appeals.find([NEED_MORE])] == [asked]
    assert all(not a.voices for a in city.appeals.find())
    with pytest.raises(InputError):
        city.appeals.find(["x"])
    with pytest.raises(InputError):
        city.appeals.read(99, CY)


def everything(city: City) -> bytes:
    city.engine.dispose()
    return b"".join(path.read_bytes() for path in city.home.glob("*.sqlite3*"))


def test_what_people_wrote_is_in_no_audit_and_no_export_and_is_deleted_in_time(city: City) -> None:
    contact, text, evidence, question = SECRET_WORDS
    made, secret = city.appeals.open(
        city.number, OWNER, MISTAKE, text, contact=contact, evidence={"reason": evidence}
    )
    city.appeals.ask(made.id, question, CY)
    city.appeals.reply(secret, text, {})
    for word in SECRET_WORDS:
        assert word.encode() in everything(city)
        assert all(word not in repr(entry) for entry in audit.read_audit(city.engine))
        assert all(word not in repr(row) for row in export_everything(city.engine))
    city.appeals.grant(made.id, "a false alarm", WRONG, CY)
    days = (30, 365, 10)
    city.clock.at += 10 * DAY_S
    assert run_retention(city.engine, city.home, city.clock.at, *days).appeals == 0
    assert city.appeals.by_secret(secret) is not None
    assert run_retention(city.engine, city.home, city.clock.at + 1, *days).appeals == 1
    assert run_retention(city.engine, city.home, city.clock.at + 1, *days).appeals == 0
    assert city.appeals.by_secret(secret) is None
    held = everything(city)
    for word in SECRET_WORDS:
        assert word.encode() not in held, word
    forgotten = city.appeals.read(made.id, CY)
    assert (forgotten.state, forgotten.voices, forgotten.asked) == (GRANTED, (), ())


def test_what_still_waits_is_not_forgotten(city: City) -> None:
    _, secret = city.appeal()
    with writing(city.engine) as connection:
        connection.execute(update(table).values(opened_at=0, due=2**40))
    run_retention(city.engine, city.home, city.clock.at, 30, 365, 0)
    assert city.appeals.by_secret(secret) is not None
