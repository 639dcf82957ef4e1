"""``chainrule verify``: points from the command line, findings to the terminal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import field
from typing import Any

from chainrule.cli.points import Arguments, points, written
from chainrule.cli.target import Target
from chainrule.errors import ArgumentError, ChainruleError
from chainrule.records import dataclass
from chainrule.report.leaves import is_array, is_number, leaves, replaced
from chainrule.report.verify import Finding, call, measure
from chainrule.transforms.public import grad, jacobian

Function = Callable[..., Any]


@dataclass
class Tally:
    """What the findings come to."""

    tolerance: float
    worst: Finding | None = None
    place: str = ""
    undecided: list[str] = field(default_factory=list)
    raised: list[str] = field(default_factory=list)
    methods: Counter[str] = field(default_factory=Counter)

    def add(self, finding: Finding, place: str) -> None:
        """Count one finding."""
        if finding.estimate is None or not finding.decided(self.tolerance):
            self.undecided.append(f"{finding.label} at {place}")
            return
        self.methods[finding.estimate.method] += 1
        if self.worst is None or finding.disagreement > self.worst.disagreement:
            self.worst, self.place = finding, place

    @property
    def passed(self) -> bool:
        """Something was judged, nothing above the tolerance, and the derivative never raised."""
        judged = self.worst is not None and self.worst.disagreement <= self.tolerance
        return judged and not self.raised


@dataclass(frozen=True)
class Question:
    """Which derivative is to be verified, and how sharply."""

    target: Target
    wrt: tuple[str, ...] | None
    mode: str
    home: str
    tolerance: float

    def derivative(self, function: Function, wrt: tuple[str, ...], number: bool) -> Function:
        """chainrule's derivative: a gradient where the result is one number."""
        make = grad if number else jacobian
        by = wrt[0] if len(wrt) == 1 else wrt
        return make(function, wrt=by, mode=self.mode, target=self.home)


def verify(
    question: Question, at: Sequence[str], ranges: Sequence[str], samples: int, seed: int
) -> bool:
    """Whether the derivative agrees with differences everywhere; tells what was found."""
    function = question.target.load()
    where = points(function, at, ranges, samples, seed)
    number = is_number(evaluate(function, where[0]))
    wrt = question.wrt or reals(function, where[0])
    derivative = question.derivative(function, wrt, number)
    tally = Tally(question.tolerance)
    skipped = []
    for arguments in where:
        place = ", ".join(f"{name}={written(value)}" for name, value in arguments.items())
        try:
            call(function, arguments)
        except Exception as error:
            skipped.append(f"{type(error).__name__} at {place}")
            continue
        try:
            slopes = call(derivative, arguments)
        except ChainruleError:
            raise
        except Exception as error:
            tally.raised.append(f"{type(error).__name__} at {place}: {error}")
            continue
        for finding in measure(function, arguments, slopes, wrt):
            tally.add(finding, place)
            if len(where) == 1:
                print(row(finding))
    tell(tally, str(question.target), len(where) - len(skipped), skipped)
    return tally.passed


def evaluate(function: Function, arguments: Arguments) -> Any:
    """The function's value; that it must have one at the first point is the user's part."""
    try:
        return call(function, arguments)
    except Exception as error:
        raise ArgumentError(
            f"the function raised {type(error).__name__} at the given point: {error}",
            remedy="Choose points at which the function has a value.",
        ) from None


def reals(function: Function, arguments: Arguments) -> tuple[str, ...]:
    """Parameters that hold numbers and may hold any: not counts, not indices."""
    evaluate(function, arguments)
    chosen = []
    for name, value in arguments.items():
        if is_array(value) and value.dtype.kind != "f":
            continue
        numbers = list(leaves(value))
        moved = value
        for path, number in numbers:
            moved = replaced(moved, path, float(number))
        try:
            call(function, {**arguments, name: moved})
        except TypeError:
            continue
        except Exception:  # Of the right type, at least.
            pass
        if numbers:
            chosen.append(name)
    if not chosen:
        raise ArgumentError(
            "no argument is a float by which to differentiate",
            remedy="Name a parameter by --wrt; give arrays of floats, as array([1.0, 2.0]).",
        )
    return tuple(chosen)


def row(finding: Finding) -> str:
    """One line for one partial derivative."""
    estimate = finding.estimate
    if estimate is None:
        return f"{finding.label:24} {finding.claimed:24.17g}  undecided"
    error = f"{finding.disagreement:.1e}"
    shown = f"{finding.claimed:24.17g}  {estimate.value:24.17g}"
    return f"{finding.label:24} {shown}  {error}  {estimate.method}"


def tell(tally: Tally, target: str, judged: int, skipped: list[str]) -> None:
    """The end of the report."""
    for text in skipped:
        print(f"skipped: {target} raised {text}")
    for text in tally.raised:
        print(f"the derivative of {target} raised {text}")
    for text in tally.undecided:
        print(f"undecided: {text}")
    count = f"{judged} point" + ("" if judged == 1 else "s")
    if tally.worst is None:
        print(f"{target}: nothing could be judged at {count}")
        return
    methods = ", ".join(f"{count} by {name}" for name, count in sorted(tally.methods.items()))
    verdict = "agrees" if tally.passed else "DISAGREES"
    print(f"{target} {verdict} at {count} ({methods})")
    print(
        f"worst disagreement {tally.worst.disagreement:.1e} (tolerance {tally.tolerance:g}): "
        f"{tally.worst.label} at {tally.place}"
    )
