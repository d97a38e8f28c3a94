"""The commands of ``python -m faultline``: one file for each. The scripts of a checkout are other names for them."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable

from faultline.core.errors import last_word


def run(function: Callable[[], int]) -> int:
    """The exit code of ``function``. Whatever it raises ends as one sentence, the last on standard error.

    A mistake of the user's, or a place that cannot be written to, is exit code 1. Anything else is an error inside
    Faultline: 70 (``EX_SOFTWARE``), its traceback before the sentence.
    """
    try:
        return function()
    except Exception as error:
        sentence, trace = last_word(error)
        print(f"{trace}\nerror: {sentence}" if trace else f"error: {sentence}", file=sys.stderr)
        return os.EX_SOFTWARE if trace else 1
