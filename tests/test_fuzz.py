"""Random programs: forward, reverse and the oracle must agree, and the value be f's own.

``CHAINRULE_FUZZ_EXAMPLES`` sets the number of programs for long runs, which are random where
the short ones of the suite are always the same; with ``CHAINRULE_FUZZ_REFUSALS=forbid`` a
refusal is a failure too.
"""

from __future__ import annotations

import copy
import math
import operator
import os
from collections.abc import Callable
from typing import Any
from unittest import mock

from hypothesis import HealthCheck, Phase, assume, event, given, note, settings

import chainrule
from chainrule.lift.calls import repeated
from tests import oracle
from tests.fuzz_writer import Program, programs
from tests.limits import within

EXAMPLES = int(os.environ.get("CHAINRULE_FUZZ_EXAMPLES", "0"))
# Shrinking takes longer than a long run has: repeat it with the seed and a smaller number.
PHASES = (Phase.generate,) if EXAMPLES > 100 else tuple(Phase)
REFUSALS_ALLOWED = os.environ.get("CHAINRULE_FUZZ_REFUSALS") != "forbid"
WRT = ("x", "y", "xs")
SCALARS = ("x", "y")
"""Forward mode is for scalars: a list is differentiated by in reverse alone."""
HUGE = 1e12
"""Where sines and cosines of numbers are taken that are as large, doubles and 50 digits differ."""
SECONDS = 30
"""What one program may take."""

LONGEST = 160
"""So many lines has a program of which products of all kinds are taken."""


class Outcome:
    """What a call gave: a value, or what it raised; and what it left in its arguments."""

    def __init__(self, f: Callable[..., Any], args: tuple[Any, ...]) -> None:
        self.value: Any = None
        self.error: Exception | None = None
        self.left = copy.deepcopy(args)
        try:
            self.value = f(*self.left)
        except chainrule.ChainruleError:
            raise
        except Exception as error:
            self.error = error

    def __repr__(self) -> str:
        return repr(self.error) if self.error is not None else repr(self.value)


def same_error(left: Exception | None, right: Exception | None) -> bool:
    """Whether both ended well, or both the same way."""
    return type(left) is type(right) and str(left) == str(right)


def close(left: float, right: float, size: float) -> bool:
    """Equality but for rounding; NaN equals only NaN."""
    if math.isnan(left) or math.isnan(right):
        return math.isnan(left) and math.isnan(right)
    return left == right or abs(left - right) <= 1e-6 * abs(left) + 1e-9 * size


def on_random_programs(share: float) -> Callable[[Callable[[Program], None]], Any]:
    """A property of all programs, tried on this share of the usual number of them."""

    def decorate(test: Callable[[Program], None]) -> Any:
        limits = settings(
            max_examples=max(1, int((EXAMPLES or 60) * share)),
            derandomize=not EXAMPLES,
            phases=PHASES,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            print_blob=True,
        )
        return limits(given(programs())(test))

    return decorate


def refused(refusal: chainrule.ChainruleError) -> None:
    """Fail for a refusal, unless refusals are allowed."""
    if isinstance(refusal, chainrule.InternalError) or not REFUSALS_ALLOWED:
        raise refusal
    event(f"refused: {type(refusal).__name__}")


def judge(
    f: Callable[..., Any],
    forward: Callable[..., Any],
    reverse: Callable[..., Any],
    args: tuple[Any, ...],
) -> None:
    """Compare both modes with f and the oracle at one point."""
    expected, ahead, back = (Outcome(call, args) for call in (f, forward, reverse))
    for mode, got in (("forward", ahead), ("reverse", back)):
        assert same_error(expected.error, got.error), (mode, args, expected, got)
    if expected.error is not None:
        return event("f raises")
    for mode, got in (("forward", ahead), ("reverse", back)):
        assert oracle.same_bits(got.value[0], expected.value), (mode, args, expected, got)
        assert repr(got.left) == repr(expected.left), (mode, args, expected.left, got.left)
    if isinstance(expected.value, complex):
        return event("f is complex")
    if abs(expected.value) > HUGE:
        return event("f is huge")
    for index, wrt in enumerate(WRT):
        verdicts = oracle.gradient(f, args, {}, wrt)
        size = max((abs(each.value) for each in verdicts.values() if each.decided), default=0.0)
        for path, verdict in verdicts.items():
            modes = (ahead, back) if wrt in SCALARS else (back,)
            numbers = [oracle.look_up(got.value[1][index], path) for got in modes]
            told = (args, wrt, path, numbers, verdict)
            event("decided" if verdict.decided else "undecided")
            if verdict.decided:
                assert all(oracle.agrees(verdict, number) for number in numbers), told
            elif all(map(math.isfinite, numbers)):
                assert close(numbers[0], numbers[-1], max(size, *map(abs, numbers))), told


def judge_slope(
    slope: Callable[..., Any], second: list[Callable[..., Any]], args: tuple[Any, ...]
) -> None:
    """Compare derivatives of a derivative with the oracle at one point."""
    first = Outcome(slope, args)
    if first.error is None and math.isfinite(first.value):
        verdict = oracle.derivative(slope, args, {}, "x")
        numbers = [call(*copy.deepcopy(args)) for call in second]
        if verdict.decided:
            assert all(oracle.agrees(verdict, number) for number in numbers), (
                args,
                numbers,
                verdict,
            )


def judge_program(program: Program) -> None:
    """Compare both modes with f and the oracle at the points of a program."""
    note(program.source)
    f = program.function()
    try:
        with within(SECONDS):
            forward = chainrule.value_and_grad(f, wrt=SCALARS, mode="forward")
            reverse = chainrule.value_and_grad(f, wrt=WRT, mode="reverse")
            for args in program.points:
                judge(f, forward, reverse, args)
    except chainrule.ChainruleError as refusal:
        refused(refusal)


@on_random_programs(share=0.75)
def test_both_modes_agree_with_the_oracle(program: Program) -> None:
    judge_program(program)


@on_random_programs(share=0.4)
def test_gradients_are_the_same_without_the_value(program: Program) -> None:
    note(program.source)
    f = program.function()
    try:
        with within(SECONDS):
            for mode, wrt in (("forward", SCALARS), ("reverse", WRT)):
                both = chainrule.value_and_grad(f, wrt=wrt, mode=mode)
                alone = chainrule.grad(f, wrt=wrt, mode=mode)
                for args in program.points:
                    expected, got = Outcome(both, args), Outcome(alone, args)
                    if expected.error is None and not isinstance(expected.value[0], complex):
                        assert got.error is None, (mode, args, got)
                        judge_gradients(expected.value[1], got.value, (mode, args))
    except chainrule.ChainruleError as refusal:
        refused(refusal)


def judge_gradients(expected: Any, got: Any, told: Any) -> None:
    """Compare gradients entry by entry."""
    numbers = [
        (oracle.look_up(expected, p), oracle.look_up(got, p)) for p in oracle.paths(expected)
    ]
    size = max((abs(left) for left, _ in numbers if math.isfinite(left)), default=0.0)
    for left, right in numbers:
        if size < HUGE:
            assert close(left, right, size) or left == right, (told, left, right)


@on_random_programs(share=0.05)
def test_helpers_that_are_functions_of_their_own_agree_as_well(program: Program) -> None:
    with mock.patch.multiple(repeated, LARGE=0, SAVED=0):
        judge_program(program)


def moved(args: tuple[Any, ...], distance: float) -> tuple[Any, ...]:
    """The arguments this far along the direction."""
    x, y, n, xs, *rest = copy.deepcopy(args)
    dx, dy, dxs = direction_at(args)
    xs = [each + distance * d for each, d in zip(xs, dxs, strict=True)]
    return (x + distance * dx, y + distance * dy, n, xs, *rest)


def direction_at(args: tuple[Any, ...]) -> tuple[Any, ...]:
    """A direction for each parameter in ``WRT``."""
    return 0.7, -1.1, [math.cos(1.0 + k) for k in range(len(args[3]))]


def along(gradient: tuple[Any, ...], direction: tuple[Any, ...]) -> float:
    """The product of two layouts of ``WRT``."""
    (x, y, xs), (dx, dy, dxs) = gradient, direction
    return math.fsum([x * dx, y * dy, *map(operator.mul, xs, dxs)])


def judge_products(
    reverse: Callable[..., Any], products: dict[str, Callable[..., Any]], args: tuple[Any, ...]
) -> None:
    """Compare jvp, vjp and hvp with the gradient, which the first test proves, at one point."""
    first = Outcome(reverse, args)
    if first.error is not None:
        return
    value, gradient = first.value
    direction = direction_at(args)
    total = along(gradient, direction)
    size = along(absolute(gradient), absolute(direction))
    if not math.isfinite(size) or isinstance(value, complex):
        return
    seeds = {f"{name}_dot": each for name, each in zip(WRT, direction, strict=True)}
    pushed = products["jvp"](*copy.deepcopy(args), **seeds)
    pulled = products["vjp"](*copy.deepcopy(args), out_bar=3.0)
    assert oracle.same_bits(pushed[0], value) and oracle.same_bits(pulled[0], value), args
    assert close(pushed[1], total, size), (args, pushed, gradient)
    for found, expected in zip(flat(pulled[1]), flat(gradient), strict=True):
        assert close(found, 3.0 * expected, size), (args, pulled, gradient)
    again, product = products["hvp"](*copy.deepcopy(args), **seeds)
    for found, expected in zip(flat(again), flat(gradient), strict=True):
        assert close(found, expected, size), (args, again, gradient)
    for k, number in enumerate(flat(product)):
        verdict = oracle.derivative(lambda t, k=k: flat(reverse(*moved(args, t))[1])[k], (0.0,))
        if verdict.decided:
            assert oracle.agrees(verdict, number), (args, k, product, verdict)


def flat(gradient: tuple[Any, ...]) -> list[float]:
    """The numbers of a layout of ``WRT``."""
    x, y, xs = gradient
    return [x, y, *xs]


def absolute(gradient: tuple[Any, ...]) -> tuple[Any, ...]:
    """The magnitudes of a layout of ``WRT``."""
    x, y, xs = gradient
    return abs(x), abs(y), [abs(each) for each in xs]


@on_random_programs(share=0.1)
def test_products_agree_with_the_gradient_and_its_differences(program: Program) -> None:
    note(program.source)
    # Four transforms of a long program take as long as those of many others.
    assume(program.source.count("\n") <= LONGEST)
    f = program.function()
    try:
        with within(SECONDS):
            reverse = chainrule.value_and_grad(f, wrt=WRT, mode="reverse")
            makers = {"jvp": chainrule.jvp, "vjp": chainrule.vjp, "hvp": chainrule.hvp}
            products = {name: make(f, wrt=WRT) for name, make in makers.items()}
            for args in program.points:
                judge_products(reverse, products, args)
    except chainrule.ChainruleError as refusal:
        refused(refusal)


def judge_pair(
    f: Callable[..., Any],
    jacobians: dict[str, Callable[..., Any]],
    pull: Callable[..., Any],
    args: tuple[Any, ...],
) -> None:
    """Compare the Jacobians of a pair with the oracle, and its vjp with these, at one point."""
    expected = Outcome(f, args)
    found = {mode: Outcome(each, args) for mode, each in jacobians.items()}
    for mode, got in found.items():
        assert same_error(expected.error, got.error), (mode, args, expected, got)
    if expected.error is not None or max(map(size_of, expected.value)) > HUGE:
        return
    for part in range(2):

        def number(x, y, n, xs, kind, option, part=part):  # type: ignore[no-untyped-def]
            return f(x, y, n, xs, kind, option)[part]

        for index, wrt in enumerate(WRT):
            verdicts = oracle.gradient(number, args, {}, wrt)
            for path, verdict in verdicts.items():
                modes = found if wrt in SCALARS else ("reverse",)
                numbers = [oracle.look_up(found[mode].value[part][index], path) for mode in modes]
                if verdict.decided:
                    told = (args, part, wrt, path, numbers, verdict)
                    assert all(oracle.agrees(verdict, number) for number in numbers), told
    one, two = (flat(row) for row in found["reverse"].value)
    _, pulled = pull(*copy.deepcopy(args), out_bar=(0.7, -1.3))
    for left, right, got in zip(one, two, flat(pulled), strict=True):
        size = abs(0.7 * left) + abs(1.3 * right)
        assert not math.isfinite(size) or close(got, 0.7 * left - 1.3 * right, size), (args, pulled)


def size_of(number: Any) -> float:
    """The magnitude of a number; a complex one has no derivative here."""
    return math.inf if isinstance(number, complex) else abs(number)


@on_random_programs(share=0.1)
def test_jacobians_of_pairs_agree_with_the_oracle(program: Program) -> None:
    pair = program.in_two()
    note(pair.source)
    f = pair.function()
    try:
        with within(SECONDS):
            jacobians = {
                "forward": chainrule.jacobian(f, wrt=SCALARS, mode="forward"),
                "reverse": chainrule.jacobian(f, wrt=WRT, mode="reverse"),
            }
            pull = chainrule.vjp(f, wrt=WRT)
            for args in program.points:
                judge_pair(f, jacobians, pull, args)
    except chainrule.ChainruleError as refusal:
        refused(refusal)


@on_random_programs(share=0.2)
def test_second_derivatives_agree_with_the_oracle(program: Program) -> None:
    note(program.source)
    f = program.function()
    try:
        with within(SECONDS):
            slope = chainrule.grad(f, wrt="x")
            modes = ("forward", "reverse")
            second = [chainrule.grad(slope, wrt="x", mode=mode) for mode in modes]
            for args in program.points:
                judge_slope(slope, second, args)
    except chainrule.ChainruleError as refusal:
        refused(refusal)
