"""Processes that belong together: a child ends with its parent, however the parent ends."""

import os
import signal
import sys
import threading


def end_with_parent() -> None:
    """End this process when its standard input closes, which the parent's death does."""

    def wait() -> None:
        sys.stdin.read()
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=wait, name="parent", daemon=True).start()
