"""Who may do what."""

from __future__ import annotations

import pytest

from cityshield.vocabulary.identity import ADMIN, ANALYST, OPERATOR, READER, ROLES, SCOPES, Identity


@pytest.mark.parametrize("scope", SCOPES)
def test_a_role_may_do_what_the_roles_below_it_may(scope: str) -> None:
    allowed = [Identity("someone", role).may(scope) for role in ROLES]
    assert allowed == sorted(allowed)
    assert allowed[ROLES.index(SCOPES[scope])]


def test_a_narrowed_token_may_do_nothing_else() -> None:
    narrowed = Identity("feeder", ADMIN, ("indicators:write",))
    assert narrowed.may("indicators:write")
    assert not narrowed.may("tokens:write")


def test_a_scope_above_the_role_gives_nothing() -> None:
    assert not Identity("someone", READER, ("tokens:write",)).may("tokens:write")
    assert not Identity("someone", ANALYST).may("indicators:write")
    assert Identity("someone", OPERATOR).may("indicators:write")


def test_an_unknown_scope_is_nobodys() -> None:
    assert not Identity("root", ADMIN).may("everything")
