"""Serve an application with waitress, set up as `serve` does."""

import importlib
import sys

import waitress

from app.cli.serve import HTTP_THREADS, LIMITS

module, _, name = sys.argv[1].partition(":")
waitress.serve(
    getattr(importlib.import_module(module), name), host="127.0.0.1", port=int(sys.argv[2]), threads=HTTP_THREADS, **LIMITS
)
