"""The command line: whatever is typed, piped, cut off or lying in the data directory."""

from __future__ import annotations

import ctypes
import os
import pty
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import IO

import msgspec
import pytest

from tests.conftest import run_cli

SCAM = "请先交保证金500元，到账后马上放款"
LISTED, PLAIN = "parcel-desk.example", "https://h.example/x"
ORDINARY = "晚上七点在老地方吃饭，别迟到"
ESCAPES = "\x1b]0;owned\x07\x1b[2J\x9b31m\x08\r\u202e\u2066"


@pytest.fixture(scope="module")
def listed_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("listed") / "home"
    for name, type_ in (("parcel-desk.example", "malicious-activity"), ("own.example", "benign")):
        done = run_cli(
            "feeds", "import", "-", "--source", "s", "--type", type_, home=home, stdin=name.encode()
        )
        assert done.returncode == 0, done.stderr
    return home


@pytest.fixture
def listing(home: Path, listed_once: Path) -> Path:
    """A data directory that lists `parcel-desk.example` and vouches for `own.example`."""
    shutil.copytree(listed_once, home, dirs_exist_ok=True)
    return home


def require_quiet(done: subprocess.CompletedProcess[bytes]) -> None:
    for stream in (done.stdout, done.stderr):
        assert b"Traceback" not in stream, stream.decode()
        assert b"Exception ignored" not in stream, stream.decode()
        assert b"Error:" not in stream or b"Usage:" in stream, stream.decode()


def require_error(done: subprocess.CompletedProcess[bytes], *names: str) -> None:
    """An error in words, with exit status 2, that names these."""
    require_quiet(done)
    said = done.stderr.decode()
    assert done.returncode == 2, said
    for name in names:
        assert name in said
    assert "\x1b" not in said


# --- exit statuses ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        ([LISTED], 1),
        ([SCAM], 1),
        (["own.example"], 0),
        ([ORDINARY], 0),
        ([PLAIN], 3),
        ([ORDINARY, PLAIN], 3),
        ([ORDINARY, PLAIN, LISTED], 1),
        ([LISTED, "--fail-on", "malicious"], 1),
        (["http://192.0.2.7/x", "--fail-on", "malicious"], 0),
        ([PLAIN, "--fail-on", "unknown"], 1),
        ([ORDINARY, "--fail-on", "unknown"], 0),
        ([PLAIN, "--fail-on", "malicious"], 3),
        ([], 2),
        (["--kind", "file", "/nowhere"], 2),
        (["--kind", "file", "/"], 2),
        ([LISTED, "--kind", "site"], 2),
        ([LISTED, "--fail-on", "benign"], 2),
        ([LISTED, "--kind", "file"], 2),
        (["--lines", "/nowhere"], 2),
        (["--lines", "/"], 2),
        (["--lines", "/proc/self/mem"], 2),
        (["--checks", "/nowhere", LISTED], 2),
        (["--jobs", "0", LISTED], 2),
        (["--kind", "link", "no link at all"], 3),
        (["--kind", "message", LISTED], 1),
        ([""], 3),
        ([" "], 3),
    ],
)
def test_exit_statuses(listing: Path, arguments: list[str], status: int) -> None:
    done = run_cli("check", *arguments, home=listing)
    require_quiet(done)
    assert done.returncode == status, done.stdout.decode() + done.stderr.decode()
    if status == 2:
        assert done.stderr


# --- what is typed ---------------------------------------------------------------------------


NOT_UTF_8 = [b"\xff\xfe", b"http://h.example/\xff", "保证金".encode()[:-1], b"\xed\xa0\x80"]


@pytest.mark.parametrize("options", [["--json"], ["--kind", "message"], ["--kind", "link"]])
def test_arguments_that_are_not_utf_8(home: Path, options: list[str]) -> None:
    done = run_cli("check", *options, *NOT_UTF_8, home=home)
    require_quiet(done)
    assert done.returncode == 3
    assert done.stdout.decode().count("\ufffd") >= len(NOT_UTF_8)
    if options == ["--json"]:
        verdicts = [msgspec.json.decode(line) for line in done.stdout.splitlines()]
        assert [verdict["level"] for verdict in verdicts] == ["unknown"] * len(NOT_UTF_8)


@pytest.mark.parametrize("encoding", ["gbk", "utf-8"])
def test_a_file_whose_name_is_not_utf_8(home: Path, tmp_path: Path, encoding: str) -> None:
    path = os.fsencode(tmp_path) + b"/\xff\xfe.pdf.exe"
    Path(os.fsdecode(path)).write_bytes(b"MZ")
    for options in (["--json"], ["--kind", "file"], []):
        env = {"PYTHONIOENCODING": encoding}
        done = run_cli("check", *options, path, home=home, env=env)
        require_quiet(done)
        assert done.returncode == 1, done.stdout + done.stderr
        if options == ["--json"]:
            value = msgspec.json.decode(done.stdout)["subject"]["value"]
            assert value.endswith("/\ufffd\ufffd.pdf.exe")


@pytest.mark.parametrize("encoding", ["ascii", "gbk"])
def test_a_terminal_of_few_letters_gets_what_it_can_show(home: Path, encoding: str) -> None:
    for language in ("zh", "en"):
        env = {"PYTHONIOENCODING": encoding, "LANG": "zh_CN.UTF-8"}
        done = run_cli("check", "--lang", language, SCAM, "—❤ h.example", home=home, env=env)
        require_quiet(done)
        assert done.returncode == 1
    require_quiet(run_cli("check", "--kind", "file", "/没有❤", home=home, env=env))


def test_nothing_that_a_terminal_acts_on_reaches_it(home: Path, tmp_path: Path) -> None:
    (home / "rules").mkdir()
    (home / "rules" / "r.yar").write_text(
        'rule r { meta: description = "\\x1b]0;owned\\x07" condition: true }'
    )
    name = ESCAPES.replace("/", "") + "bill.pdf.exe"
    (tmp_path / name).write_bytes(b"MZ")
    (tmp_path / "b.zip").write_bytes(zip_with(name))
    lines = tmp_path / "lines.txt"
    lines.write_text(f"http://h.example/{ESCAPES}\n{SCAM}{ESCAPES}\n".replace("\r", ""))
    for arguments in (
        [str(tmp_path / name)],
        [str(tmp_path / "b.zip")],
        ["--kind", "file", f"/nowhere{ESCAPES}"],
        [f"http://user{ESCAPES}@paypal-login{ESCAPES}.test/{ESCAPES}"],
        [f"{SCAM} {ESCAPES} http://h.example/{ESCAPES}"],
        ["--lines", str(lines)],
        ["--lines", f"/nowhere{ESCAPES}"],
        ["--fail-on", ESCAPES, "x"],
        ["--lang", ESCAPES, "x"],
    ):
        shown = seen_on_a_terminal(["check", *arguments], home)
        for found in ("\x1b]", "\x1b[2J", "\x07", "\x08", "\x9b", "\u202e", "\u2066"):
            assert found not in shown, (arguments, shown)
        assert "Traceback" not in shown


def zip_with(name: str) -> bytes:
    import io
    import zipfile

    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(zipfile.ZipInfo(name), b"MZ")
    return file.getvalue()


def seen_on_a_terminal(arguments: list[str], home: Path) -> str:
    """What the command writes when its output and errors are a terminal."""
    owner, terminal = pty.openpty()
    environment = {**os.environ, "LANG": "C.UTF-8", "CITYSHIELD_HOME": str(home), "TERM": "xterm"}
    process = subprocess.Popen(
        [sys.executable, "-m", "cityshield.serve", *arguments],
        stdin=subprocess.DEVNULL, stdout=terminal, stderr=terminal, env=environment,
    )  # fmt: skip
    os.close(terminal)
    seen = b""
    while True:
        try:
            chunk = os.read(owner, 65_536)
        except OSError:
            break
        if not chunk:
            break
        seen += chunk
    os.close(owner)
    process.wait(30)
    return seen.decode("utf-8", "replace")


# --- lines -----------------------------------------------------------------------------------

LINES = [
    b"http://h.example/\xff",
    b"",
    b"a\0b",
    b"   ",
    "晚上七点吃饭".encode(),
    b"\xed\xa0\x80",
    b"\x85\x1c\x1d",
    "a\u2028b\u0085c".encode(),
    b"x" * 200_000,
    b"\xef\xbb\xbfparcel-desk.example",
    b"/etc/passwd",
    b"\r",
    b'{"value": 1}',
    b"-",
    b"--json",
    b"parcel-desk.example",
]


@pytest.mark.parametrize(
    ("kind", "end", "jobs"),
    [
        (None, b"\n", "1"),
        (None, b"\r\n", "2"),
        ("link", b"\r\n", "1"),
        ("message", b"\n", "1"),
        ("file", b"\n", "1"),
        ("file", b"\n", "2"),
    ],
)
def test_one_object_for_each_line_in_order(
    listing: Path, kind: str | None, end: bytes, jobs: str
) -> None:
    content = end.join(LINES * 3)
    options = ["--kind", kind] if kind else []
    done = run_cli("check", "--lines", "-", "--json", "--jobs", jobs, *options, home=listing,
                   stdin=content)  # fmt: skip
    require_quiet(done)
    assert done.returncode in (1, 3)
    values = [msgspec.json.decode(line)["subject"]["value"] for line in done.stdout.splitlines()]
    assert values == [line.decode("utf-8", "replace").rstrip("\r\n") for line in LINES * 3]
    kinds = {msgspec.json.decode(line)["subject"]["kind"] for line in done.stdout.splitlines()}
    assert kinds == ({kind} if kind else {"link", "message"})
    rows = run_cli("check", "--lines", "-", *options, home=listing, stdin=content)
    require_quiet(rows)
    assert rows.stdout.count(b"\n") == len(LINES) * 3


def test_no_lines_and_one_line_without_an_end(home: Path) -> None:
    for content, count in ((b"", 0), (b"\n", 1), (b"\n\n", 2), (b"a", 1), (b"a\nb", 2)):
        done = run_cli("check", "--lines", "-", "--json", home=home, stdin=content)
        require_quiet(done)
        assert done.stdout.count(b"\n") == count
        assert done.returncode == (3 if count else 0)


def test_a_pipe_whose_writer_goes_away_gives_what_came(home: Path, tmp_path: Path) -> None:
    fifo = tmp_path / "pipe"
    os.mkfifo(fifo)

    def write() -> None:
        with fifo.open("wb") as file:
            file.write(b"h.example\nhalf a li")

    writer = threading.Thread(target=write)
    writer.start()
    done = run_cli("check", "--lines", str(fifo), "--json", home=home)
    writer.join()
    require_quiet(done)
    values = [msgspec.json.decode(line)["subject"]["value"] for line in done.stdout.splitlines()]
    assert values == ["h.example", "half a li"]
    ended = run_cli("check", "--kind", "file", "--lines", "-", "--json", home=home,
                    stdin=os.fsencode(fifo), timeout_s=20)  # fmt: skip
    assert msgspec.json.decode(ended.stdout)["failed"][0]["reason"] == "unreadable"


def start(home: Path, *arguments: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "cityshield.serve", *arguments],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        env={**os.environ, "LANG": "C.UTF-8", "CITYSHIELD_HOME": str(home)}, start_new_session=True,
    )  # fmt: skip


@pytest.mark.parametrize("options", [[], ["--json"], ["--json", "--jobs", "2"], ["--jobs", "2"]])
def test_a_reader_that_goes_away_ends_the_command_quietly(home: Path, options: list[str]) -> None:
    lines = home / "lines.txt"
    lines.write_bytes(b"".join(b"http://h%d.example/\n" % number for number in range(20_000)))
    process = start(home, "check", "--lines", str(lines), *options)
    assert process.stdout is not None and process.stderr is not None
    assert process.stdout.readline()
    process.stdout.close()
    assert process.wait(60) == 141
    assert process.stderr.read() == b""
    process.stderr.close()
    assert process.stdin is not None
    process.stdin.close()


@pytest.mark.parametrize("group", [False, True])
@pytest.mark.parametrize("jobs", ["1", "2"])
def test_ctrl_c_ends_the_command_quietly(home: Path, jobs: str, group: bool) -> None:
    process = start(home, "check", "--lines", "-", "--json", "--jobs", jobs)
    assert process.stdin is not None and process.stdout is not None and process.stderr is not None
    writer = threading.Thread(target=feed, args=(process.stdin, b"http://h.example/\n" * 5_000))
    writer.start()
    assert process.stdout.readline().startswith(b"{")
    if group:
        os.killpg(process.pid, signal.SIGINT)
    else:
        process.send_signal(signal.SIGINT)
    assert drained(process) == 130
    said = process.stderr.read()
    assert b"Traceback" not in said, said.decode()
    assert said.strip() in (b"", b"Aborted!")
    writer.join(10)
    for stream in (process.stdin, process.stdout, process.stderr):
        with suppress(BrokenPipeError):
            stream.close()


def feed(pipe: IO[bytes], content: bytes) -> None:
    with suppress(BrokenPipeError):
        pipe.write(content)
        pipe.flush()


def drained(process: subprocess.Popen[bytes]) -> int:
    assert process.stdout is not None
    process.stdout.read()
    return process.wait(30)


def test_ctrl_c_at_any_moment_of_the_start_shows_no_fault_of_ours(home: Path) -> None:
    """Before our first line runs, Python itself may say KeyboardInterrupt; that is not counted."""
    for delay_s in (0.1, 0.2, 0.3, 0.4, 0.5):
        process = start(home, "check", "--lines", "-")
        time.sleep(delay_s)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=30)
        assert b"cityshield" not in said or b"serve.py" not in said, said.decode()
        assert process.returncode in (130, -signal.SIGINT, 1)


# --- the data directory ----------------------------------------------------------------------

STORE = "cityshield.sqlite3"


def test_a_data_directory_that_is_a_file(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("x")
    for arguments in (
        ["check", PLAIN], ["feeds", "import", "-", "--source", "s"], ["up"], ["tokens", "list"],
        ["audit", "verify"], ["export"], ["backup", "create"], ["retention"], ["doctor"],
    ):  # fmt: skip
        require_error(run_cli(*arguments, home=file, stdin=b"a.example"), str(file), "--data")


def test_a_data_directory_below_a_file(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    require_error(run_cli("tokens", "list", home=tmp_path / "file" / "home"), "--data")


def test_a_data_directory_that_may_not_be_written(listing: Path) -> None:
    (listing / "indicators.stale").write_text("")
    for path in listing.iterdir():
        path.chmod(0o444)
    listing.chmod(0o555)
    try:
        for arguments in (["check", LISTED], ["feeds", "import", "-", "--source", "s"], ["up"]):
            require_error(without_privilege(listing, *arguments), str(listing))
    finally:
        listing.chmod(0o755)


def without_privilege(home: Path, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    """Run the command without root's right to write what may not be written (capabilities(7))."""
    libc = ctypes.CDLL(None)

    def give_up() -> None:
        for capability in (1, 2):  # CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH
            libc.prctl(24, capability)  # PR_CAPBSET_DROP

    return subprocess.run(
        [sys.executable, "-m", "cityshield.serve", *arguments],
        input=b"a.example\n",
        capture_output=True,
        env={**os.environ, "LANG": "C.UTF-8", "CITYSHIELD_HOME": str(home)},
        preexec_fn=give_up,
        timeout=60,
    )


def spoil_header(path: Path) -> None:
    path.write_bytes(b"\xff" * 100 + path.read_bytes()[100:])


def spoil_pages(path: Path) -> None:
    with path.open("r+b") as file:
        size = path.stat().st_size
        for place in range(4096, size, 4096):
            file.seek(place)
            file.write(b"\xff" * 4096)


def cut(path: Path) -> None:
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size // 2)


def garbage(path: Path) -> None:
    path.write_bytes(bytes(range(256)) * 100)


def foreign(path: Path) -> None:
    path.unlink()
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE songs (name)")
    connection.close()


def foreign_alembic(path: Path) -> None:
    """Another program that uses the same tool for its migrations, and counts them alike."""
    path.unlink()
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE alembic_version (version_num)")
        connection.execute("INSERT INTO alembic_version VALUES ('0001')")
        connection.execute("CREATE TABLE songs (name)")
    connection.close()


def from_the_future(path: Path) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()


def folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


SPOILERS = [
    spoil_header,
    spoil_pages,
    cut,
    garbage,
    foreign,
    foreign_alembic,
    from_the_future,
    folder,
]


@pytest.mark.parametrize("spoil", SPOILERS)
def test_a_store_that_cannot_be_used_is_named_with_a_remedy(listing: Path, spoil: object) -> None:
    path = listing / STORE
    for suffix in ("-wal", "-shm"):
        path.with_name(STORE + suffix).unlink(missing_ok=True)
    spoil(path)  # type: ignore[operator]
    for arguments in (["check", LISTED], ["feeds", "import", "-", "--source", "s"], ["up"]):
        done = run_cli(*arguments, home=listing, stdin=b"a.example\n", timeout_s=30)
        require_quiet(done)
        require_error(done, STORE)
    doctor = run_cli("doctor", home=listing)
    require_quiet(doctor)
    if spoil is folder:
        return  # it is said to be missing
    assert doctor.returncode == 1
    assert STORE in doctor.stdout.decode()


def test_an_index_that_is_damaged_or_gone_is_made_again(listing: Path) -> None:
    index = listing / "indicators.index"
    sound = index.read_bytes()
    noise = bytes(range(256)) * 2_000
    header = b"CSINDEX1" + b"\xff" * 56
    for spoilt in (None, b"", b"x", header, noise, sound[:-1], sound + b"x", b"\0" * len(sound)):
        if spoilt is None:
            index.unlink()
        else:
            index.write_bytes(spoilt)
        done = run_cli("check", LISTED, home=listing)
        require_quiet(done)
        assert done.returncode == 1, spoilt and spoilt[:20]
        assert index.read_bytes() == sound


SETTINGS = {
    "garbage": "\0\x01{{{",
    "not TOML": "[server\nport = 1",
    "unknown key": "colour = 1",
    "unknown key below": "[server]\nporrt = 1",
    "wrong type": '[server]\nport = "80"',
    "port too large": "[server]\nport = 70000",
    "no workers": "[server]\nworkers = 0",
    "rate of nothing": "[server]\nrate_per_minute = 0",
    "burst of nothing": "[server]\nrate_burst = 0",
    "negative time": "[server]\ntime_s = -1.0",
    "endless time": "[server]\ntime_s = inf",
    "time that is no number": "[parts]\ntime_s = nan",
    "weight that is no number": '[weights]\n"links.listed" = nan',
    "weight too large": '[weights]\n"links.listed" = 5.0',
    "threshold too large": "[thresholds.link]\nsuspicious = 2.0",
    "no such kind": "[thresholds.lnk]\nsuspicious = 0.2",
    "no proxy": '[server]\ntrusted_proxies = ["nonsense"]',
    "no such folder": 'checks = ["/nowhere"]',
    "number too large": "[server]\nmax_body_bytes = 999999999999999999999999",
    "negative depth": "[parts]\ndepth = -1",
    "retention all the time": "[retention]\nevery_s = 0",
    "far too long ago": "[retention]\nverdicts_days = 9223372036854775807",
    "far too rarely": "[retention]\nevery_s = 9223372036854775807",
    "endless rules": "[files]\nrule_timeout_s = 9223372036854775807",
    "escape": 'x = "\\u001b]0;owned"\n"\\u001b]0;owned\\u0007" = 1',
}


def test_a_data_directory_of_any_name(tmp_path: Path) -> None:
    home = tmp_path / "a?mode=memory&b=#c%41 ü"
    done = run_cli("feeds", "import", "-", "--source", "s", home=home, stdin=LISTED.encode())
    assert done.returncode == 0, done.stderr.decode()
    assert (home / STORE).is_file()
    assert run_cli("check", LISTED, home=home).returncode == 1


@pytest.mark.parametrize("name", SETTINGS)
def test_settings_that_make_no_sense_are_named_with_the_file(home: Path, name: str) -> None:
    (home / "cityshield.toml").write_text(SETTINGS[name])
    commands = [["check", PLAIN]]
    if name in ("no workers", "no proxy", "garbage"):
        commands += [["up", "--port", "0"], ["doctor"]]
    for arguments in commands:
        require_error(run_cli(*arguments, home=home, timeout_s=20), "cityshield.toml")


def test_settings_that_are_no_text(home: Path) -> None:
    (home / "cityshield.toml").write_bytes(b"\xff\xfe\0")
    require_error(run_cli("check", PLAIN, home=home), "cityshield.toml")
    (home / "cityshield.toml").unlink()
    (home / "cityshield.toml").mkdir()
    require_error(run_cli("check", PLAIN, home=home), "cityshield.toml")


@pytest.mark.parametrize("name", ["", "x" * 201, "\x1b[31m", "\ud800"])
def test_a_source_needs_a_name_that_can_be_shown(home: Path, name: str) -> None:
    raw = name.encode("utf-8", "surrogatepass")
    for arguments in (["feeds", "import", "-", "--source", raw], ["tokens", "create", raw]):
        done = run_cli(*arguments, home=home, stdin=b"a.example\n")
        require_quiet(done)
        assert done.returncode == 2, done.stdout
        assert "\x1b" not in done.stderr.decode()


def test_backups_that_are_none_are_refused(listing: Path, tmp_path: Path) -> None:
    bad = tmp_path / "bad"
    bad.write_bytes(b"SQLite format 3\0" + b"\xff" * 9000)
    odd = tmp_path / "a?mode=memory#b%41"
    other = tmp_path / "other"
    other.touch()
    foreign_alembic(other)
    for path in (bad, tmp_path / "none", tmp_path, odd, other):
        require_error(run_cli("backup", "restore", str(path), home=listing), str(path)[-4:])
    for path in (tmp_path, tmp_path / "none" / "x", Path("/proc/x")):
        require_error(run_cli("backup", "create", str(path), home=listing), str(path)[-4:])
    assert run_cli("check", LISTED, home=listing).returncode == 1
    assert run_cli("backup", "create", str(odd), home=listing).returncode == 0
    done = run_cli("backup", "restore", str(odd), home=listing)
    assert done.returncode == 0, done.stderr.decode()
    assert run_cli("check", LISTED, home=listing).returncode == 1
