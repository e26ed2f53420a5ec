"""Results on disk: what was measured once is not measured again until what it rests on changes."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

Progress = Callable[[str], None]
Result = dict[str, Any]


class Unavailable(Exception):
    """A section cannot be measured here; says in words why, and what to do."""


@dataclass(frozen=True)
class Store:
    """A folder of JSON files, one per result.

    Attributes
    ----------
    folder : Path
        Made when the first result is kept.
    fresh : bool
        Measure everything anew; what this very store kept is still found.
    """

    folder: Path
    fresh: bool = False
    _kept: set[Path] = field(default_factory=set)

    def remember(
        self, section: str, name: str, *, rests_on: object, measure: Callable[[], Result]
    ) -> Result:
        """Return a result, measured only where none is kept for the same name and grounds.

        Parameters
        ----------
        section, name : str
            What the result is of; together they name the file.
        rests_on : object
            All that the result depends on, as JSON types: digests, versions, settings, seeds.
        measure : callable
            Returns the result as JSON types. Kept only once it has returned.
        """
        found = self.recall(section, name, rests_on=rests_on)
        if found is None:
            found = self.keep(section, name, rests_on=rests_on, result=measure())
        return found

    def recall(self, section: str, name: str, *, rests_on: object) -> Result | None:
        """Return the result kept for the same name and grounds, or None."""
        path = self._path(section, name)
        if not path.is_file() or (self.fresh and path not in self._kept):
            return None
        kept = json.loads(path.read_text(encoding="utf-8"))
        same = kept["rests_on"] == digest_of(rests_on)
        return dict(kept["result"]) if same else None

    def keep(self, section: str, name: str, *, rests_on: object, result: Result) -> Result:
        """Keep a result and return it as a later run will read it."""
        path = self._path(section, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        text = json.dumps({"rests_on": digest_of(rests_on), "result": result}, allow_nan=False)
        draft = path.with_suffix(".draft")
        draft.write_text(text, encoding="utf-8")
        draft.replace(path)  # an interrupted run leaves no half a result
        self._kept.add(path)
        return dict(json.loads(text)["result"])

    def _path(self, section: str, name: str) -> Path:
        plain = "".join(c if c.isalnum() else "-" for c in name.casefold()).strip("-")
        # Two names that differ in punctuation alone keep apart.
        mark = hashlib.sha256(name.encode()).hexdigest()[:6]
        return self.folder / section / f"{plain}-{mark}.json"


def digest_of(content: object) -> str:
    """Return a digest of JSON types that does not depend on the order of keys."""
    text = json.dumps(content, sort_keys=True, allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()


def digest_of_files(paths: Iterable[Path], *, root: Path) -> str:
    """Return a digest of files and their names."""
    return digest_of(
        {
            path.relative_to(root).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in sorted(paths)
        }
    )


def digest_of_code(root: Path, rooms: Iterable[str] = ("features", "models")) -> str:
    """Return a digest of the code that the model's predictions depend on."""
    return digest_of_files(
        (path for room in rooms for path in (root / room).rglob("*.py")), root=root
    )


def versions_of(*packages: str) -> Mapping[str, str]:
    """Return the installed versions of packages."""
    from importlib.metadata import version

    return {package: version(package) for package in packages}
