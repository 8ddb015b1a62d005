"""The site builds, whole, and asks nothing of other sites."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

from tests.docs.documents import FOLDER, ROOT

LOADED = re.compile(
    r'<(?:script|img|iframe|source)[^>]+src="(https?:)?//|'
    r'<link[^>]+rel="(?:stylesheet|preload|preconnect|icon|dns-prefetch)"[^>]+href="(https?:)?//|'
    r"@import\s+url\(\W?https?:|fonts\.googleapis"
)


def test_the_site_builds(tmp_path: Path) -> None:
    shutil.copytree(FOLDER, tmp_path / "docs", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "zensical.toml", tmp_path)
    done = subprocess.run(
        [str(Path(sys.executable).parent / "zensical"), "build", "--strict"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    for document in FOLDER.glob("*.md"):
        page = (tmp_path / "site" / document.name).with_suffix(".html")
        assert page.is_file(), page.name
        assert LOADED.search(page.read_text()) is None, page.name
    for style in (tmp_path / "site").rglob("*.css"):
        assert not re.search(r"url\(\W?https?:", style.read_text()), style.name
    assert (tmp_path / "site/examples/nginx.conf").is_file()
