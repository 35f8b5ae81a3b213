"""The folders of a project: contracts, expectations and sql; glue_jobs and flink_apps, which are code."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from lake.errors import UsageError

_BESIDE_THE_PACKAGE = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class ProjectFolder:
    """A folder called `name`, recognised by files that match the glob `holds`.

    It is the one that the option's value names, or the environment's variable; else ./name or the one beside the lake
    package, whichever holds such files. Of code the one beside the package comes first, so that a command never runs
    what another project has in the working directory.
    """

    name: str
    holds: str
    variable: str = ""
    option: str = ""
    is_code: bool = False

    def path(self, value: str | None = None) -> Path:
        """The folder; `value` is the option's. Raises UsageError if it is not found."""
        folder = self.find(value)
        if folder is None:
            ways = " or ".join(way for way in (self.option, self.variable) if way)
            raise UsageError(
                f"looking for the folder {self.name}: expected {self.holds} in {' or '.join(map(str, self._places))}, "
                f"found none; {f'name a folder with {ways}' if ways else 'run this in a clone of the project'}"
            )
        return folder

    def find(self, value: str | None = None) -> Path | None:
        """As `path`, but None if no folder is named and none is found."""
        for named, by in ((value, self.option), (os.environ.get(self.variable), self.variable)):
            if named:
                if not Path(named).is_dir():
                    raise UsageError(f"looking for the folder {self.name}: {named} ({by}) is not a folder")
                return Path(named)
        return next((folder for folder in self._places if any(folder.glob(self.holds))), None)

    @property
    def _places(self) -> list[Path]:
        places = [Path(self.name), _BESIDE_THE_PACKAGE / self.name]
        return places[::-1] if self.is_code else places
