"""How figures are written for people."""

import pytest

from pg_xcopy.observe.wording import bytes_text, count_text, seconds_text


@pytest.mark.parametrize(("number", "text"), [(0, "0 rows"), (1, "1 row"), (2, "2 rows"), (1234567, "1,234,567 rows")])
def test_count(number, text):
    assert count_text(number, "row") == text


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0, "0 B"),
        (1023, "1023 B"),
        (1024, "1.0 KiB"),
        (10 * 1024, "10 KiB"),
        (1024**2 - 1, "1.0 MiB"),
        (3.4 * 1024**2, "3.4 MiB"),
        (5 * 1024**3, "5.0 GiB"),
        (2048 * 1024**4, "2048.0 TiB"),
    ],
)
def test_bytes(number, text):
    assert bytes_text(number) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 ms"),
        (0.0351, "35 ms"),
        (0.9999, "1.0 s"),
        (1, "1.0 s"),
        (4.24, "4.2 s"),
        (9.96, "10 s"),
        (42.4, "42 s"),
        (59.6, "1 min 00 s"),
        (185, "3 min 05 s"),
        (3599.7, "1 h 00 min"),
        (2 * 3600 + 7 * 60, "2 h 07 min"),
    ],
)
def test_seconds(seconds, text):
    assert seconds_text(seconds) == text
