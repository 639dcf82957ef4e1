"""Where the tracebacks of refusals end."""

from __future__ import annotations

import random
import subprocess
import sys
import traceback
from collections.abc import Callable

import pytest

from chainrule import ChainruleError, grad, jacobian

noisy = False


def sampled(x):
    return x * random.gauss(0.0, x)


def sampled_float(x: float):
    return x * random.random()


def sampled_at_times(x):
    if noisy:
        return x * random.gauss(0.0, x)
    return x * x


def slope_inside(x):
    return grad(sampled)(x)


def as_decorator():
    @grad(wrt="x")
    def inner(x: float):
        return x * random.random()

    return inner


CALLS = {
    "call": lambda: grad(sampled)(1.0),
    "source": lambda: grad(sampled).source,
    "making": lambda: grad(sampled_float),
    "wrong wrt": lambda: grad(sampled, wrt="q"),
    "no function": lambda: jacobian(3),
    "decorator": as_decorator,
    "within the user's own": lambda: slope_inside(1.0),
}


def files_of(call: Callable[[], object]) -> list[str]:
    with pytest.raises(ChainruleError) as caught:
        call()
    return [step.filename for step in traceback.extract_tb(caught.value.__traceback__)]


whole = pytest.mark.skipif(
    sys.version_info < (3, 11) or sys.flags.dev_mode,
    reason="before Python 3.11, and in its development mode, all frames are shown",
)


@whole
@pytest.mark.parametrize("name", CALLS)
def test_tracebacks_of_refusals_hold_the_users_files_alone(name):
    assert set(files_of(CALLS[name])) == {__file__}


@whole
def test_what_is_refused_when_the_world_has_changed_ends_in_the_generated_function(monkeypatch):
    slope = grad(sampled_at_times)
    assert slope(1.5) == 3.0
    monkeypatch.setitem(globals(), "noisy", True)
    *users, last = files_of(lambda: slope(1.5))
    assert set(users) == {__file__}
    assert last.startswith("<chainrule grad_sampled_at_times")


def test_tracebacks_of_refusals_go_on_in_development(tmp_path):
    (tmp_path / "model.py").write_text(
        "import random\n\n\ndef f(x):\n    return random.gauss(0, x)\n"
    )
    run = "import chainrule, model; chainrule.grad(model.f)(1.0)"
    command = [sys.executable, "-X", "dev", "-W", "ignore", "-c", run]
    told = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert told.stderr.count("specialise.py") >= 2
    assert "UnsupportedError: " in told.stderr
