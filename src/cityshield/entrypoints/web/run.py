"""What a person sees when the service starts."""

from __future__ import annotations

import socket
import sys
import time
from pathlib import Path

import structlog

from cityshield.adapters.sentences.sentences import Sentences
from cityshield.adapters.store.database import open_database
from cityshield.adapters.store.tokens import create_first_token
from cityshield.vocabulary.errors import ConfigurationError
from cityshield.vocabulary.identity import ADMIN, Identity

_BACKLOG = 512


def log_as_json() -> None:
    """Log to standard error, one JSON object a line; no text of a subject is ever among it."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(),
        ],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )


def listen(host: str, port: int) -> socket.socket:
    """A listening socket; ConfigurationError when the address can't be used."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(_BACKLOG)
    except (OSError, OverflowError) as error:
        listener.close()
        reason = getattr(error, "strerror", None) or str(error)
        raise ConfigurationError("error-port", host=host, port=port, reason=reason) from error
    return listener


def first_token(home: Path, language: str) -> None:
    """On a store that never had a token, make one for the administrator and print it, once."""
    engine = open_database(home)
    try:
        system = Identity("first-start", ADMIN, how="local")
        text = create_first_token(engine, system, int(time.time()), "admin", ADMIN)
    finally:
        engine.dispose()
    if text is None:
        return
    print(Sentences().say("token-first", language))
    print(f"  {text}", flush=True)


def announce(host: str, port: int, language: str) -> None:
    """Say where the service is."""
    say = Sentences().say
    shown = f"[{host}]" if ":" in host else host
    print(say("up-ready", language, url=f"http://{shown}:{port}/"))
    if sys.stdout.isatty():
        print(say("up-stop", language))
    sys.stdout.flush()
