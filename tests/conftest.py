"""What all tests have in common."""

import gc


def pytest_collection_finish() -> None:
    """Let collections pass over the half million objects that the collected tests are."""
    gc.collect()
    gc.freeze()
