"""Arrays of lists into which arrays are spread are these arrays one behind the other."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from chainrule import jacobian, jvp, vjp

S = np.array([1.0, 2.0, 4.0])


def two_bodies(state: Any, mu: float) -> Any:
    """The right side of the equation of motion, as orbits are taught."""
    r, v = state[:3], state[3:]
    a = -mu * r / np.linalg.norm(r) ** 3
    return np.array([*v, *a])


def test_a_right_side_is_differentiated_as_arrays() -> None:
    state = np.array([1.0, -2.0, 2.0, 0.5, 0.25, 1.0])
    back = vjp(two_bodies)
    value, state_bar = back(state, 3.0, out_bar=np.arange(1.0, 7.0))
    np.testing.assert_array_equal(value, two_bodies(state, 3.0))
    # Of -mu r / |r|**3 the Jacobian is mu (3 r r' / |r|**5 - 1 / |r|**3), here with |r| = 3.
    r = state[:3]
    slope = 3.0 * (3.0 * np.outer(r, r) / 3.0**5 - np.eye(3) / 3.0**3)
    np.testing.assert_allclose(state_bar[:3], slope @ [4.0, 5.0, 6.0], rtol=1e-13)
    np.testing.assert_array_equal(state_bar[3:], [1.0, 2.0, 3.0])
    assert "np.concatenate([v, a])" in back.source
    assert "list(" not in back.source


def mixed(s: Any, k: float) -> Any:
    """Arrays, numbers and ints."""
    return np.array([k, *s, 2.0 * k, *s[::-1], 1])


def test_numbers_between_arrays_have_their_slopes() -> None:
    value, dot = jvp(mixed, ("s", "k"))(S, 2.5, s_dot=np.array([1.0, 10.0, 100.0]), k_dot=3.0)
    expected = mixed(S, 2.5)
    np.testing.assert_array_equal(value, expected)
    assert value.dtype == expected.dtype
    np.testing.assert_array_equal(dot, [3.0, 1.0, 10.0, 100.0, 6.0, 100.0, 10.0, 1.0, 0.0])


def extended(s: Any, k: float) -> Any:
    """A list that is extended, before what it was made of is written to."""
    entries = [*s]
    entries.append(k)
    entries.extend(s * k)
    s[0] = 7.0
    return np.array(entries)


@pytest.mark.parametrize("mode", ["forward", "reverse"])
def test_a_list_holds_what_an_array_was_when_it_was_spread(mode: Any) -> None:
    expected = extended(S.copy(), 2.5)
    value, _ = jvp(extended)(S.copy(), 2.5, s_dot=np.zeros(3))
    np.testing.assert_array_equal(value, expected)
    found = jacobian(extended, mode=mode)(S.copy(), 2.5)
    np.testing.assert_array_equal(found, np.vstack([np.eye(3), np.zeros((1, 3)), 2.5 * np.eye(3)]))


def single(s: Any) -> Any:
    """Arrays of single precision, which Python's floats are not."""
    return np.array([*s, *s.tolist()])


def test_the_precision_is_that_of_the_list() -> None:
    s = S.astype(np.float32)
    value, dot = jvp(single)(s, s_dot=s)
    expected = single(s)
    assert value.dtype == expected.dtype
    np.testing.assert_array_equal(value, expected)
    np.testing.assert_array_equal(dot, expected)
