"""Runs checks one after another and prints, as JSON, what each came to: null, or the text of its failure."""

import asyncio
import inspect
import json
import sys


def run(checks):
    results = {}
    for check in checks:
        try:
            outcome = check()
            if inspect.iscoroutine(outcome):
                asyncio.run(outcome)
            results[check.__name__] = None
        except Exception as error:  # whatever it is, it is the result
            results[check.__name__] = f"{type(error).__name__}: {error}"
    json.dump(results, sys.stdout)


def addresses():
    """The server's gRPC and HTTP addresses, host:port."""
    return sys.argv[1], sys.argv[2]
