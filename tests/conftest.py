"""What all tests have in common."""

import gc
import os

import pytest

# There is a process for each core already: threads of theirs would wait for each other.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
# What is compiled runs once or twice: to compile it to the utmost takes longer than it saves.
os.environ.setdefault("NUMBA_OPT", "1")


def pytest_collection_finish() -> None:
    """Let collections pass over the half million objects that the collected tests are."""
    gc.collect()
    gc.freeze()


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> None:
    """Let collections pass over what earlier files have left, too, which grows with every file."""
    if nextitem is not None and nextitem.path != item.path:
        gc.collect()
        gc.freeze()
