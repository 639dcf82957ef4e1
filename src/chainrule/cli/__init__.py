"""The command line: what is asked for, where the answer goes, exit codes."""

from __future__ import annotations

import os
import sys
import traceback

from chainrule.errors import ChainruleError, InternalError

__all__ = ["main"]


def main() -> None:
    """Run ``chainrule``; a user's mistake ends in a message, never in a traceback."""
    from chainrule.cli.app import app

    try:
        app()
    except InternalError as error:
        report(error)
    except ChainruleError as error:
        print(f"{type(error).__name__}: {relative(str(error))}", file=sys.stderr)
    except OSError as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
    except Exception as error:
        traceback.print_exc()
        report(InternalError(f"{type(error).__name__}: {error}"))
    else:
        return
    sys.exit(2)


def report(error: InternalError) -> None:
    """Tell of a fault of chainrule's own."""
    print(f"{type(error).__name__}: {error}", file=sys.stderr)


def relative(text: str) -> str:
    """The message with files named as they are seen from here."""
    return text.replace(os.getcwd() + os.sep, "")
