"""Values that no one knows before secrets are read: where a mere text does not do meanwhile, they are left out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pg_xcopy.manifest.secrets.references import Unread

if TYPE_CHECKING:
    from pg_xcopy.manifest.document import Path


def is_unread(raw: Any, path: Path) -> bool:  # noqa: ANN401 - whatever the file says
    """Tell whether what stands at a path waits for a secret."""
    if not path:
        return isinstance(raw, Unread)
    inside = path[0] in (raw if isinstance(raw, Mapping) else range(len(raw)) if isinstance(raw, list) else ())
    return inside and is_unread(raw[path[0]], path[1:])


def without(raw: Any, path: Path) -> Any:  # noqa: ANN401 - as above
    """Leave out what stands at a path."""
    first, rest = path[0], path[1:]
    if isinstance(raw, list):
        return [without(item, rest) if index == first else item for index, item in enumerate(raw)]
    kept = {key: item for key, item in raw.items() if key != first}
    return {**kept, first: without(raw[first], rest)} if rest else kept
