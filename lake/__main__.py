"""`python -m lake` is the `lake` command, but where the working directory holds another package called lake.

Python looks there first. The console script `lake`, and `python -P -m lake`, do not.
"""

import sys
from pathlib import Path

import lake

imported, own = Path(lake.__file__ or "").parent, Path(__file__).parent
if imported != own:
    sys.exit(
        f"error: starting lake: expected the package in {own}, Python imported another one from {imported}; "
        "run `lake` or `python -P -m lake`, or change the working directory"
    )

from lake.cli import main  # noqa: E402 # of this package, as is known now

sys.exit(main())
