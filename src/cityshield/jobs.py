"""What a running service does by itself: it keeps house, fetches feeds, decides what sources agree
on, and serves the block zone where the settings say so."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Coroutine
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import structlog

from cityshield.adapters.store.database import open_database
from cityshield.adapters.store.listings import agreement_of
from cityshield.adapters.store.retention import SERVICE
from cityshield.adapters.store.subscriptions import list_subscribed
from cityshield.adapters.store.zone import StoredZone
from cityshield.runs import Runs
from cityshield.service import Service
from cityshield.vocabulary.errors import CityShieldError, StoreError

_LOOK_EVERY_S = 10
_AGAIN_AFTER_S = 3600
_ZONE_AGAIN_S = 30
_SAID_BYTES = 300

log = structlog.get_logger("cityshield.jobs")


def jobs_of(service: Service) -> list[Callable[[], Coroutine[Any, Any, None]]]:
    """The jobs of a service; each runs until it is cancelled."""
    jobs = [_keep_house, _fetch, _decide]
    if service.config.zone.serve:
        jobs.append(_serve_zone)
    return [partial(job, service) for job in jobs]


async def _keep_house(service: Service) -> None:
    """Run the retention job again and again; one that fails is logged."""
    while True:
        try:
            await asyncio.to_thread(service.clean)
            await asyncio.to_thread(_forget_runs, service)
        except Exception as error:  # a full disk or a lock today says nothing of tomorrow
            log.error("retention", error=type(error).__name__)
        await asyncio.sleep(service.config.retention.every_s)


def _forget_runs(service: Service) -> None:
    """Delete what old runs through websites kept, unless one is under way."""
    runs = Runs(service.engine, service.home, service.clock, service.config, SERVICE)
    with suppress(StoreError):
        runs.forget(service.config.census.keep_days)


async def _fetch(service: Service) -> None:
    """Sync the feeds that are due, in a process of its own: a feed may be large."""
    while True:
        try:
            if await asyncio.to_thread(list_subscribed, service.engine, service.clock.now()):
                await _run(service.home, "feeds", "sync", "--due")
        except Exception as error:
            log.error("feeds", error=type(error).__name__)
        await asyncio.sleep(_LOOK_EVERY_S)


async def _decide(service: Service) -> None:
    """Run the automatic tier when what it depends on changed, and once an hour.

    It reads every entry of the trusted sources, so it does so in a process of its own.
    """
    done, due_at = "", 0.0
    while True:
        try:
            now = service.clock.monotonic()
            state = await asyncio.to_thread(agreement_of, service.engine)
            if state and (state != done or now >= due_at):
                await _run(service.home, "decisions", "automatic")
                done, due_at = state, now + _AGAIN_AFTER_S
        except Exception as error:
            log.error("automatic", error=type(error).__name__)
        await asyncio.sleep(_LOOK_EVERY_S)


async def _serve_zone(service: Service) -> None:
    """Serve the block zone; where it cannot listen, say so and try again."""
    from cityshield.adapters.rpz.server import ZoneServer

    settings, zone = service.config.zone, zone_of(service)
    while True:
        try:
            server = ZoneServer(zone, settings)
            async with server.listening():
                for host, port in server.addresses:
                    log.info("zone", zone=settings.name, host=host, port=port)
                await server.run()
        except CityShieldError as error:
            said = service.shield.sentences.say(error.sentence, "en", **error.args_for_sentence)
            log.error("zone", error=said)
        except Exception as error:
            log.error("zone", error=type(error).__name__)
        await asyncio.sleep(_ZONE_AGAIN_S)


def zone_of(service: Service) -> StoredZone:
    """The zone over connections of its own: a resolver that reads slowly keeps no page waiting."""
    engine = open_database(service.home, pooled=False)
    return StoredZone(engine, service.clock.now, service.config.zone.shape)


async def _run(home: Path, *command: str) -> None:
    """Run one of our own commands on a data directory to its end; one that fails is logged."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "cityshield.serve", *command, "--data", str(home)),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        _, said = await process.communicate()
    except asyncio.CancelledError:
        with suppress(ProcessLookupError):
            process.terminate()
        raise
    if process.returncode:
        told = said[-_SAID_BYTES:].decode("utf-8", "replace").strip()
        log.error(" ".join(command), status=process.returncode, said=told)
