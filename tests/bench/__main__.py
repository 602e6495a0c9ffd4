"""`make bench`: choose works, hold them, print the table."""

from __future__ import annotations

import argparse
import json
import sys
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

from bench.report import as_json, as_table
from bench.run import Terms, compete
from bench.stage import stage
from bench.works import all_works
from pg_xcopy.errors import XcopyError

if TYPE_CHECKING:
    from bench.run import Result
    from bench.works import Work


def main() -> int:
    options = _options()
    works = [work for work in all_works(options.scale) if _chosen(work, options.only)]
    if not works:
        print(f"no work is called {' or '.join(options.only)}; --list names them", file=sys.stderr)
        return 2
    if options.list:
        _list(works)
        return 0
    try:
        results = _run(works, options)
    except XcopyError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 1 if any(entry.failed for result in results for entry in result.entries) else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench", description="Measure pg-xcopy beside its peers.")
    parser.add_argument("--scale", type=float, default=1.0, help="multiply the rows; 1 is about 840 MB in all")
    parser.add_argument("--repeat", type=int, default=3, help="rounds that count")
    parser.add_argument("--warm-up", type=int, default=1, help="rounds before them that don't")
    parser.add_argument("--only", action="append", default=[], metavar="PATTERN", help="works; may be repeated")
    parser.add_argument("--against", default="*", metavar="PATTERN", help="peers, such as 'psql*'")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all runs there, too, after each work")
    parser.add_argument("--source-bin", metavar="DIRECTORY", help="the source server's binaries")
    parser.add_argument("--target-bin", metavar="DIRECTORY", help="the target server's")
    parser.add_argument("--timeout", type=float, default=1800.0, help="seconds that one command may take")
    parser.add_argument("--list", action="store_true", help="name the works, and run none")
    return parser.parse_args()


def _chosen(work: Work, patterns: list[str]) -> bool:
    return not patterns or any(fnmatchcase(work.name, pattern) for pattern in patterns)


def _list(works: list[Work]) -> None:
    for work in works:
        print(f"{work.name:16} {work.about}: {', '.join(one.name for one in work.contestants)}")


def _run(works: list[Work], options: argparse.Namespace) -> list[Result]:
    terms = Terms(options.scale, options.repeat, options.warm_up, options.timeout, options.against)
    results: list[Result] = []
    with stage(options.source_bin, options.target_bin) as here:
        described = {**here.described(), "scale": terms.scale, "repeat": terms.repeat}
        for result in compete(works, here, terms, lambda line: print(line, file=sys.stderr)):
            results.append(result)
            if options.json:
                found = {**described, "works": [as_json(one) for one in results]}
                options.json.write_text(json.dumps(found, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    console = Console(highlight=False, width=None if sys.stdout.isatty() else 130)
    console.print(", ".join(f"{name} {value}" for name, value in described.items() if not isinstance(value, dict)))
    console.print("servers:", ", ".join(f"{name} = {value}" for name, value in described["settings"].items()), "\n")
    console.print(as_table(results))
    if terms.scale != 1:
        console.print("\nWhat is reached at most is meant for --scale 1.")
    return results


if __name__ == "__main__":
    sys.exit(main())
