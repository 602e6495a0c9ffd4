"""Files that are replaced at once, or not at all."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from pg_xcopy.observe.files import write_atomically


def test_a_file_is_made_and_replaced(tmp_path):
    place = tmp_path / "run.json"

    write_atomically(place, "first")
    write_atomically(str(place), "second é")

    assert place.read_text(encoding="utf-8") == "second é"
    assert [each.name for each in tmp_path.iterdir()] == ["run.json"]


def test_others_may_read_it_as_far_as_the_user_lets_them(tmp_path):
    before = os.umask(0o027)
    try:
        write_atomically(tmp_path / "f", "x")
    finally:
        os.umask(before)

    assert (tmp_path / "f").stat().st_mode & 0o777 == 0o640


def test_what_can_not_be_replaced_stays(tmp_path, monkeypatch):
    place = tmp_path / "f"
    place.write_text("old")

    def full(_descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        write_atomically(place, "new")

    assert place.read_text() == "old"
    assert [each.name for each in tmp_path.iterdir()] == ["f"]


def test_where_no_file_can_be(tmp_path):
    with pytest.raises(FileNotFoundError):
        write_atomically(tmp_path / "nowhere" / "f", "x")

    assert not Path(tmp_path / "nowhere").exists()


def test_a_link_stays_one_and_leads_to_the_new_file(tmp_path):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere" / "f")

    write_atomically(tmp_path / "link", "x")

    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "elsewhere" / "f").read_text() == "x"


def test_a_device_is_written_to_and_not_replaced(tmp_path):
    (tmp_path / "link").symlink_to("/dev/null")

    write_atomically(tmp_path / "link", "x")

    assert Path("/dev/null").is_char_device()


def test_a_name_as_long_as_can_be(tmp_path):
    write_atomically(tmp_path / ("n" * 255), "x")

    assert (tmp_path / ("n" * 255)).read_text() == "x"


def test_standard_output_that_is_a_pipe(tmp_path):
    code = "from pg_xcopy.observe.files import write_atomically; write_atomically('/dev/stdout', 'x')"

    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)

    assert (done.stdout, list(tmp_path.iterdir())) == ("x", [])
