"""`cityshield up`: run the service. Starting it is handed in, for the whole house stands on it."""

from __future__ import annotations

from pathlib import Path

import click
import msgspec

from cityshield.config import read_config
from cityshield.entrypoints.cli.main import Start, home_option, language_option

EPILOG = """\b
Examples:
  cityshield up
  cityshield up --host 0.0.0.0 --port 8080 --data /var/lib/cityshield

\b
Settings are read from cityshield.toml in the data directory.
"""


@click.command(epilog=EPILOG)
@click.option("--host", help="Address to listen on [default: 127.0.0.1].")
@click.option("--port", type=click.IntRange(0, 65535), help="Port [default: 8765; 0: any].")
@click.option(
    "--checks",
    "folders",
    multiple=True,
    metavar="DIR",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Add the checks in a folder.",
)
@language_option
@home_option
@click.pass_obj
def up(
    start: Start,
    host: str | None,
    port: int | None,
    folders: tuple[Path, ...],
    language: str,
    home: Path,
) -> None:
    """Run the service and its page until stopped with Ctrl+C."""
    config = read_config(home)
    given = {name: value for name, value in (("host", host), ("port", port)) if value is not None}
    server = msgspec.structs.replace(config.server, **given)
    start(home, msgspec.structs.replace(config, server=server), folders, language)
