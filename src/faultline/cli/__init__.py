"""The commands of ``faultline``: one file for each. The scripts of a checkout are other names for them."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable

from faultline.core.errors import last_word

INTERRUPTED = 130


def run(function: Callable[[], int]) -> int:
    """The exit code of ``function``. Whatever it raises ends as one sentence, the last on standard error.

    A mistake of the user's, or a place that cannot be written to, is exit code 1. Anything else is an error inside
    Faultline: 70 (``EX_SOFTWARE``), its traceback before the sentence. An interrupt is 130, and no fault.
    """
    try:
        return function()
    except KeyboardInterrupt:
        print("Interrupted. Run the same command to continue.", file=sys.stderr)
        return INTERRUPTED
    except Exception as error:
        sentence, trace = last_word(error)
        print(f"{trace}\nerror: {sentence}" if trace else f"error: {sentence}", file=sys.stderr)
        return os.EX_SOFTWARE if trace else 1
