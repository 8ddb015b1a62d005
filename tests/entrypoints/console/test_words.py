"""Every sentence that the console says exists, and none lies idle."""

from __future__ import annotations

import re
from pathlib import Path

from cityshield.adapters.sentences.sentences import parse
from cityshield.desks.decisions.appeals import DNS, FILE, PAGE
from cityshield.desks.decisions.collateral import CLASSES
from cityshield.desks.decisions.review import MADE_BY, MAKER_OF
from cityshield.entrypoints.console import room
from cityshield.entrypoints.console.appeal import ACTS as ANSWERS
from cityshield.entrypoints.look.look import SHARED
from cityshield.vocabulary.appeal import CLAIMS, EVIDENCE, OUTCOMES, SPEAKERS
from cityshield.vocabulary.appeal import STATES as APPEAL_STATES
from cityshield.vocabulary.decision import ACTIONS, ORIGINS, SCOPES, STATES
from cityshield.vocabulary.identity import ROLES

PLACES = (DNS, FILE, PAGE)
FOLDER = Path(room.__file__).parent
MADE = {
    "state": STATES,
    "action": ACTIONS,
    "scope": SCOPES,
    "origin": ORIGINS,
    "role": ROLES,
    "guard": CLASSES,
    "done": [state for state in STATES if state != "expired"],
    "confirm": ("approve", "end"),
    "confirm-yes": ("approve", "end"),
    "waited": ("days", "hours", "minutes"),
    "column": ("what", "why", "listed", "approvals", "waits", "due", "claim", "evidence"),
    "appeal": ("waiting", *APPEAL_STATES),
    "claim": CLAIMS,
    "speaker": SPEAKERS,
    "piece": (*EVIDENCE, "given", "missing"),
    "outcome": OUTCOMES,
    "control": PLACES,
    "proof": PLACES,
    **{stem: tuple(ANSWERS) for stem in ("answer", "answer-yes", "text", "text-help", "answered")},
    **dict.fromkeys(("why-not", "why-not-own"), (MADE_BY, MAKER_OF)),
    "keys": (*ANSWERS, "next", "previous", "choose", "open", "approve", "end", "filter", "help"),
}


def sentences(folder: Path) -> set[str]:
    return set(parse((folder / "sentences/en.ftl").read_text()))


def test_every_sentence_exists_and_is_said() -> None:
    texts = [path.read_text() for path in (*FOLDER.glob("*.py"), *FOLDER.glob("templates/*"))] + [
        (SHARED / "templates/base.html.j2").read_text()
    ]
    said = {f"{stem}-{word}" for stem, words in MADE.items() for word in words}
    said |= {f"answer-{act}-means" for act in ANSWERS}
    for text in texts:
        said |= set(re.findall(r'["\']((?:[a-z]+-)+[a-z]+)["\']', text))
        said |= set(re.findall(r'\bt\(["\']([a-z-]+[a-z])["\']', text))
    known = sentences(FOLDER)
    named = set(re.findall(r'\bt\(["\']([a-z-]+[a-z])["\'][,)]', "\n".join(texts[:-1])))
    assert named - known - sentences(SHARED) == set()
    assert {f"{s}-{w}" for s, ws in MADE.items() for w in ws} - known == set()
    idle = {name for name in known - said if not name.startswith("here-error-")}
    assert idle - set(MADE) == set()


def test_own_words_for_errors_are_for_errors_that_there_are() -> None:
    general = FOLDER.parents[1] / "adapters/sentences/en.ftl"
    errors = set(parse(general.read_text()))
    own = {name.removeprefix("here-") for name in sentences(FOLDER) if name.startswith("here-")}
    assert own and own <= errors
