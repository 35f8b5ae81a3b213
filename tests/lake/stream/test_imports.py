"""What an application may import: the standard library, PyFlink and what of ours imports nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from lake.stream.errors import PackageError
from lake.stream.imports import modules_of


def write(folder: Path, files: dict[str, str]) -> Path:
    for name, text in {"lake/__init__.py": "", **files}.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder / "app.py"


def names(folder: Path, files: dict[str, str]) -> list[str]:
    app = write(folder, files)
    return [path.relative_to(folder).as_posix() for path in modules_of(app, folder)]


def test_modules_are_followed_however_they_are_imported(tmp_path: Path) -> None:
    assert names(
        tmp_path,
        {
            "app.py": "import lake.a.one\nfrom lake.a import two\nfrom lake.b import name\nimport os, json.decoder\n",
            "lake/a/__init__.py": "",
            "lake/a/one.py": "def f():\n    from lake.a.three import x\n",
            "lake/a/two.py": "try:\n    import zoneinfo\nfinally:\n    pass\n",
            "lake/a/three.py": "from pyflink.table import Table\nfrom py4j.java_gateway import JavaPackage\n",
            "lake/a/not_imported.py": "import numpy\n",
            "lake/b.py": "import lake.b\n",
        },
    ) == [
        "lake/__init__.py",
        "lake/a/__init__.py",
        "lake/a/one.py",
        "lake/a/three.py",
        "lake/a/two.py",
        "lake/b.py",
    ]


def test_what_only_type_checkers_import_is_left_out(tmp_path: Path) -> None:
    text = "if TYPE_CHECKING:\n    import numpy\n    import lake.a\nelse:\n    import lake.b\n"
    files = {"app.py": text, "lake/a.py": "", "lake/b.py": ""}
    assert names(tmp_path, files) == ["lake/__init__.py", "lake/b.py"]


@pytest.mark.parametrize(
    "line", ["import numpy", "import os, numpy.linalg", "from numpy import array", "def f():\n    import numpy"]
)
def test_any_other_package_is_refused_with_file_and_line(tmp_path: Path, line: str) -> None:
    app = write(tmp_path, {"app.py": "import lake.a\n", "lake/a.py": f"import os\n{line}\n"})
    with pytest.raises(PackageError, match=r"lake/a.py, line [23], imports numpy; expected the standard library"):
        modules_of(app, tmp_path)


def test_a_relative_import_is_refused(tmp_path: Path) -> None:
    app = write(tmp_path, {"app.py": "import lake.a\n", "lake/a.py": "from . import b\n"})
    with pytest.raises(PackageError, match="line 1: a relative import"):
        modules_of(app, tmp_path)
