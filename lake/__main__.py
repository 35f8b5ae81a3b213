"""`python -m lake` is the `lake` command."""

import sys

from lake.cli import main

sys.exit(main())
