"""The command that started Snakemake, where one did: it is told what happens, and prints it in its own way."""

from __future__ import annotations

import json
import os
import signal
import socket
import threading
from contextlib import suppress
from typing import Any

EVENTS = "FAULTLINE_EVENTS"
"""Names the descriptor of a socket to the caller. It writes nothing there: what ends is a sign that it has ended."""


class Caller:
    """Each event is a line of JSON with one key."""

    def __init__(self, descriptor: int):
        self.socket = socket.socket(fileno=descriptor)
        self.socket.set_inheritable(False)
        threading.Thread(target=self._watch, daemon=True).start()

    def tell(self, **event: Any) -> None:
        with suppress(OSError):
            self.socket.sendall(json.dumps(event).encode() + b"\n")

    def _watch(self) -> None:
        """When the caller is gone, end as after Ctrl-C: the caller has made this process the first of its group."""
        with suppress(OSError):
            self.socket.recv(1)
        os.killpg(os.getpgrp(), signal.SIGINT)


def caller() -> Caller | None:
    """Whoever wants to be told, if anyone does; processes started from here are not to tell it as well."""
    descriptor = os.environ.pop(EVENTS, None)
    return Caller(int(descriptor)) if descriptor else None
