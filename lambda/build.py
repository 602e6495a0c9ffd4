"""Builds what AWS Lambda takes: function.zip with pg_xcopy and the manifests, layer.zip with what it needs.

The same input gives the same bytes: files are sorted, and of no time. boto3 is left out: Lambda's own runtime has it.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

CHECKOUT = Path(__file__).parents[1]
ARCHITECTURES = {"x86_64": "x86_64", "arm64": "aarch64"}
EXTRAS = ("ssh",)
LIMIT = 250 << 20
"""Bytes that a function and its layers may have when they are unzipped (AWS Lambda quotas)."""
EPOCH = (1980, 1, 1, 0, 0, 0)
READABLE = 0o100644 << 16

Files = Mapping[str, bytes]


def main() -> None:
    """Build both files; a SystemExit says why that is not possible."""
    options = _options()
    with tempfile.TemporaryDirectory() as scratch:
        ours = _own_wheel(Path(scratch) / "own")
        function = {**_unpacked([ours], ""), **_manifests(options.manifest)}
        layer = _unpacked(_dependencies(ours, Path(scratch) / "others", options), "python/")
    _refuse_too_much(function, layer)
    options.output.mkdir(parents=True, exist_ok=True)
    for name, files in (("function.zip", function), ("layer.zip", layer)):
        print(_written(options.output / name, files))
    print(f"for Python {options.python} on {options.arch}; the handler is pg_xcopy.aws_lambda.handler")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--python", default="3.13", help="the function's runtime: 3.10 to 3.14")
    parser.add_argument("--arch", default="x86_64", choices=ARCHITECTURES, help="the function's architecture")
    parser.add_argument("--manifest", nargs="*", default=[], type=Path, help="files to put beside the code")
    parser.add_argument("--output", default=CHECKOUT / "dist" / "lambda", type=Path)
    options = parser.parse_args()
    if not re.fullmatch(r"3\.1[0-4]", options.python):
        parser.error(f"there is no runtime for Python {options.python!r}; expected 3.10 to 3.14")
    return options


def _own_wheel(directory: Path) -> Path:
    _pip("wheel", "--no-deps", "--wheel-dir", directory, CHECKOUT)
    return next(directory.glob("*.whl"))


def _dependencies(ours: Path, directory: Path, options: argparse.Namespace) -> list[Path]:
    with ZipFile(ours) as wheel:
        metadata = next(name for name in wheel.namelist() if name.endswith(".dist-info/METADATA"))
        provided = re.findall(r"(?m)^Provides-Extra: (\S+)", wheel.read(metadata).decode())
    wanted = [extra for extra in EXTRAS if extra in provided]
    platforms = [f"--platform={each}" for each in _platforms(options.python, ARCHITECTURES[options.arch])]
    target = ["--only-binary=:all:", "--implementation=cp", f"--python-version={options.python}", *platforms]
    _pip("download", *target, "--dest", directory, f"{ours}[{','.join(wanted)}]" if wanted else ours)
    return [wheel for wheel in sorted(directory.glob("*.whl")) if wheel.name != ours.name]


def _platforms(python: str, machine: str) -> Iterator[str]:
    """Name what runs there, the newest first: Amazon Linux 2 has glibc 2.26, Amazon Linux 2023, from 3.12 on, 2.34."""
    newest = 34 if int(python.partition(".")[2]) >= 12 else 26  # noqa: PLR2004 - see above
    yield from (f"manylinux_2_{minor}_{machine}" for minor in range(newest, 16, -1))
    yield f"manylinux2014_{machine}"


def _unpacked(wheels: Iterable[Path], prefix: str) -> dict[str, bytes]:
    """Read what wheels would install into site-packages; commands and headers have no use there."""
    files = {}
    for path in wheels:
        with ZipFile(path) as wheel:
            for name in wheel.namelist():
                place = re.sub(r"^[^/]+\.data/(purelib|platlib)/", "", name)
                if not (name.endswith("/") or re.match(r"[^/]+\.data/", place)):
                    files[prefix + place] = wheel.read(name)
    return files


def _manifests(paths: Iterable[Path]) -> dict[str, bytes]:
    try:
        return {path.name: path.read_bytes() for path in paths}
    except OSError as error:
        raise SystemExit(f"{error.filename}: {error.strerror}") from error


def _refuse_too_much(*parts: Files) -> None:
    size = sum(len(content) for files in parts for content in files.values())
    if size > LIMIT:
        raise SystemExit(f"unzipped these are {_mib(size)}; Lambda takes {_mib(LIMIT)} at most")


def _written(path: Path, files: Files) -> str:
    with ZipFile(path, "w", ZIP_DEFLATED) as archive:
        for name, content in sorted(files.items()):
            info = ZipInfo(name, EPOCH)
            info.compress_type, info.external_attr, info.create_system = ZIP_DEFLATED, READABLE, 3
            archive.writestr(info, content)
    unzipped = sum(map(len, files.values()))
    return f"{path}: {_mib(path.stat().st_size)}, {_mib(unzipped)} unzipped"


def _mib(size: int) -> str:
    return f"{size / (1 << 20):.1f} MiB"


def _pip(*arguments: object) -> None:
    command = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", *map(str, arguments)]
    done = subprocess.run(command, check=False)  # noqa: S603 - our own list of arguments, no shell
    if done.returncode:
        raise SystemExit(done.returncode)


if __name__ == "__main__":
    main()
