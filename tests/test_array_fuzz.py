"""Random programs over arrays: views, aliases, updates in place, loops, branches.

Most programs are analytic in their arguments, so that the oracle is the complex step (Squire and
Trapp, 1998): f itself, run by NumPy on complex arrays; the others are judged by differences.
``CHAINRULE_FUZZ_EXAMPLES`` sets the number of programs for long runs.
"""

from __future__ import annotations

import itertools
import linecache
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from string import Template
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, event, given, note, settings
from hypothesis import strategies as st

import chainrule
from tests.differences import along
from tests.fuzz_array_flow_idioms import FLOW_IDIOMS
from tests.fuzz_array_idioms import IDIOMS, REAL, new_arrays
from tests.limits import within

EXAMPLES = int(os.environ.get("CHAINRULE_FUZZ_EXAMPLES", "0"))
# Shrinking takes longer than a long run has: repeat it with the seed and a smaller number.
PHASES = (Phase.generate,) if EXAMPLES > 100 else tuple(Phase)
SECONDS = 30
STEP = 1e-40
SHAPES = {"x": (4,), "y": (4,), "M": (3, 4)}
UNARY = ("np.sin({})", "np.exp(-({}) * ({}))", "np.tanh(0.3 * ({}))", "({}) ** 2", "-({})")
BINARY = (
    "{} + {}",
    "{} - {}",
    "{} * {}",
    "{} / (2.5 + np.cos({}))",
    "np.where(np.real({}) > 0.2, {}, 0.3)",
    "np.where(np.real({}) > 0.1, 1.5, {})",
)
WHOLE = (
    "np.cumsum({}, axis=-1)",
    "np.roll({}, 1, axis=-1)",
    "np.flip({}, axis=0)",
    "np.concatenate([{}[:1] * 2.0, {}[1:]])",
    "np.stack([{}, np.sin({})]).sum(axis=0)",
    "{}.copy()",
    "np.array({})",
    "{} - np.mean({})",
    "{} / np.sqrt(1.5 + np.sum({} * {}, axis=-1, keepdims=True))",
    "np.broadcast_to({}, (2, *{}.shape))[1]",
)
"""Of an array that has its shape for certain."""
VIEWING = (
    ("{}.reshape(4, 3)", (3, 4), (4, 3)),
    ("{}.reshape({}.size)[2:6]", (3, 4), (4,)),
    ("{}.ravel()[:3]", (3, 4), (3,)),
    ("{}[1:].reshape(-1)[1:5]", (3, 4), (4,)),
    ("np.moveaxis({}, 0, 1)", (3, 4), (4, 3)),
    ("{}.swapaxes(0, 1)[::-1]", (3, 4), (4, 3)),
    ("np.flip({}, 1)", (3, 4), (3, 4)),
    ("np.asarray({})", (3, 4), (3, 4)),
    ("{}.T.reshape(-1)[:4]", (3, 4), (4,)),
    ("np.split({}, 3)[1][0]", (3, 4), (4,)),
    ("np.squeeze({}[:1])", (3, 4), (4,)),
    ("{}.reshape(2, 2).T.ravel()", (4,), (4,)),
    ("np.expand_dims({}, 0)[0]", (4,), (4,)),
    ("np.atleast_2d({})[0]", (4,), (4,)),
    ("np.ascontiguousarray({})", (4,), (4,)),
    ("tail({}, 0)", (4,), (4,)),
    ("np.broadcast_to({}, (3, 4))[1]", (4,), (4,)),
)
"""Views and copies of an array of the first shape, with the second."""
CHANGING = (
    "{0}.fill({1})",
    "np.multiply({0}, {1}, out={0})",
    "np.copyto({0}, np.sin({0}))",
    "change({0}, {1})",
    "change({0}[::-1], {1})",
    "{0}[1:] = {0}[:-1]",
    "{0}[:] = {0}[::-1] * ({1})",
    "{0}[0], {0}[-1] = {0}[-1] * {1}, {0}[0] + {1}",
    "{0} /= 2.0 + np.cos({0})",
    "{0}.T[...] -= {1}",
)
"""Writes to all of an array, or to much of it."""
HELPERS = """class Held:
    def __init__(self, a, b):
        self.a = a
        self.b = b

    def step(self, c):
        self.a *= c
        self.b[0] = self.b[1] + c


def change(a, c):
    a *= c
    a[0] = a[-1] + c


def tail(a, k):
    return a[k:]


"""
NOT_ANALYTIC = "    # Not analytic."
CONSTANTS = ("0.5", "1.5", "-0.7", "2")
NUMBERS = itertools.count()


@dataclass
class Scope:
    """The variables so far with their shapes, and the lines of the program."""

    draw: Callable[[Any], Any]
    shapes: dict[str, tuple[int, ...]] = field(default_factory=lambda: dict(SHAPES))
    lines: list[str] = field(default_factory=list)
    own: set[str] = field(default_factory=set)
    indent: str = "    "
    analytic: bool = True
    serial: Iterator[int] = field(default_factory=itertools.count)

    def pick(self, options: Any) -> Any:
        return self.draw(st.sampled_from(tuple(options)))

    def add(self, line: str) -> None:
        self.lines.append(self.indent + line)

    def named(self, shape: tuple[int, ...], own: bool) -> str:
        name = f"v{len(self.shapes)}"
        self.shapes[name] = shape
        if own:
            self.own.add(name)
        return name

    def of_rank(self, *ranks: int, own: bool = False) -> str | None:
        names = [
            name
            for name, shape in self.shapes.items()
            if len(shape) in ranks and (name in self.own or not own)
        ]
        return self.pick(names) if names else None

    # --- expressions ---------------------------------------------------------------------

    def atom(self, shape: tuple[int, ...]) -> str:
        """A variable or part of one that broadcasts to ``shape``, or a number."""
        found = list(CONSTANTS)
        for name, own in self.shapes.items():
            if own == shape or own == ():
                found += [name, name]
                if len(own) == 2:
                    found.append(f"{name}.mean(axis=1, keepdims=True)")
                    found.append(f"np.sum({name}[1:], axis=0, keepdims=True)")
                elif len(own) == 1:
                    found.append(f"{name}[:1]")
            elif len(own) == 2 and own[1:] == shape:
                found += [f"{name}[1]", f"{name}.sum(axis=0)", f"{name}[-1, :]"]
            elif len(own) == 2 and own[:1] == shape:
                found += [f"{name}[:, 1]", f"np.mean({name}, axis=1)"]
                vectors = [other for other, size in self.shapes.items() if size == own[1:]]
                found += [f"({name} @ {other})" for other in vectors[-2:]]
            elif len(own) == 1 and shape == ():
                found += [f"{name}[0]", f"{name}[-1]", f"np.sum({name})", f"{name} @ {name}"]
            elif len(own) == 1 and len(shape) == 2 and own == shape[1:]:
                found += [name, f"{name}[None, :]"]
            elif len(own) == 1 and len(shape) == 2 and own == shape[:1]:
                found.append(f"{name}[:, None]")
            elif len(own) == 2 and own == shape[::-1]:
                found.append(f"{name}.T")
        return str(self.pick(found))

    def expression(self, shape: tuple[int, ...], depth: int = 2) -> str:
        if depth == 0 or self.pick((True, False, False)):
            return self.atom(shape)
        if self.pick((True, False)):
            form = self.pick(UNARY)
            inner = self.expression(shape, depth - 1)
            return str(form.format(*[inner] * form.count("{}")))
        left, right = self.expression(shape, depth - 1), self.expression(shape, depth - 1)
        return "(" + self.pick(BINARY).format(left, right) + ")"

    def full(self, shape: tuple[int, ...]) -> str:
        """An expression that certainly has the shape."""
        same = [name for name, own in self.shapes.items() if own == shape]
        base = self.pick(same) if same else f"(x[0] + np.ones({shape}))"
        return f"{base} * {self.expression(shape, 1)} + {self.expression(shape)}"

    # --- statements ----------------------------------------------------------------------

    def statement(self, depth: int) -> None:
        kinds = [self.assign, self.assign, self.view, self.view, self.write, self.write,
                 self.update, self.update, self.alias, self.number, self.whole, self.masked,
                 self.picked, self.rebound, self.looked, self.changed, self.changed,
                 self.held, *[self.idiom] * 8]  # fmt: skip
        if depth > 0:
            kinds += [lambda: self.loop(depth), lambda: self.branch(depth), self.leave]
        self.pick(kinds)()

    def assign(self) -> None:
        shape = self.pick(((4,), (4,), (3, 4), (3,)))
        text = self.full(shape)
        self.add(f"{self.named(shape, own=True)} = {text}")

    def whole(self) -> None:
        """A function of a whole array."""
        base = self.of_rank(1, 2)
        assert base is not None
        form = self.pick(WHOLE)
        name = self.named(self.shapes[base], own=True)
        self.add(f"{name} = {form.format(*[base] * form.count('{}'))}")
        if form.startswith("np.broadcast_to"):
            self.own.discard(name)

    def masked(self) -> None:
        """A write where a condition holds."""
        name = self.of_rank(1, 2, own=True)
        if name is not None:
            operator = self.pick(("=", "+=", "*="))
            mask = f"np.real({name}) > {self.pick(('0.0', '0.4'))}"
            self.add(f"{name}[{mask}] {operator} {self.expression(())}")

    def picked(self) -> None:
        """A write at positions, some of them twice."""
        name = self.of_rank(1, own=True)
        if name is None:
            return
        value = self.pick((self.full((3,)), self.expression(())))
        forms = ("{0}[[0, 2, 0]] = {1}", "{0}[[0, 2, 0]] += {1}", "np.add.at({0}, [0, 2, 0], {1})",
                 "{0}[np.array([2, 0, 1])] *= {1}", "{0}[[-1, 0, 1]] = {1}")  # fmt: skip
        self.add(self.pick(forms).format(name, value))

    def rebound(self) -> None:
        """Another name, or a part, of an array under a name that there is already."""
        name = self.of_rank(1, 2, own=True)
        if name is None:
            return
        shape = self.shapes[name]
        same = [other for other, own in self.shapes.items() if own == shape and other in self.own]
        self.add(f"{self.pick(same)} = {self.pick((name, f'{name}[::-1]', f'{name} * 1.0'))}")

    def alias(self) -> None:
        name = self.of_rank(1, 2, own=True)
        if name is not None:
            shape = self.shapes[name]
            self.add(f"{self.named(shape, own=True)} = {name}")

    def looked(self) -> None:
        """A view, or a copy, by a function or a reshape."""
        found = [
            (name, form, seen)
            for name, shape in self.shapes.items()
            for form, wanted, seen in VIEWING
            if shape == wanted
        ]
        name, form, seen = self.pick(found)
        own = name in self.own and "broadcast" not in form
        self.add(f"{self.named(seen, own)} = {form.format(*[name] * form.count('{}'))}")

    def changed(self) -> None:
        """A write to much of an array."""
        name = self.of_rank(1, 2, own=True)
        if name is not None:
            self.add(self.pick(CHANGING).format(name, self.expression((), 1)))

    def held(self) -> None:
        """Arrays in a dict, a list or an object, which are names from there on."""
        first, second = (self.of_rank(1, 2, own=True) for _ in range(2))
        if first is None or second is None:
            return
        holder = f"h{len(self.shapes)}"
        form, names = self.pick(
            (
                ("{{'a': {0}, 'b': {1}}}", ("{}['a']", "{}['b']")),
                ("[{0}, {1}]", ("{}[0]", "{}[1]")),
                ("Held({0}, {1})", ("{}.a", "{}.b")),
                ("({0}, {1})", ("{}[0]", "{}[1]")),
            )
        )
        self.add(f"{holder} = {form.format(first, second)}")
        if form.startswith("Held") and self.pick((True, False)):
            self.add(f"{holder}.step({self.atom(())})")
        for name, array in zip(names, (first, second), strict=True):
            self.shapes[name.format(holder)] = self.shapes[array]
            if not form.startswith("("):
                self.own.add(name.format(holder))

    def leave(self) -> None:
        """An early return."""
        names = [name for name, shape in self.shapes.items() if shape]
        total = " + ".join(f"np.sum({self.pick(names)} ** 2)" for _ in range(2))
        self.add(f"if np.real({self.atom(())}) > {self.pick(('0.3', '0.9', '100.0'))}:")
        self.add(f"    return {total}")

    def idiom(self) -> None:
        """Lines of an idiom, whose holes are filled with what is in scope."""
        text = self.pick(IDIOMS + FLOW_IDIOMS)
        results = new_arrays(text)
        given: dict[str, str | None] = {
            "v": self.of_shape((4,)),
            "w": self.of_shape((4,), own=True),
            "m": self.of_shape((3, 4)),
            "o": self.of_shape((3, 4), own=True),
            "s": f"({self.expression((), 1)})",
            "p": f"({self.full((4,))})",
            "q": f"({self.full((3, 4))})",
        }
        if any(found is None and f"${hole}" in text for hole, found in given.items()):
            return
        given |= {hole: f"{hole}{next(self.serial)}" for hole in "fijk"}
        given |= {hole: f"v{len(self.shapes) + k}" for k, hole in enumerate(results)}
        for line in Template(text).substitute(given).split("\n"):
            self.add(line)
        for shape in results.values():
            self.named(shape, own=False)
        self.analytic &= text not in REAL

    def of_shape(self, shape: tuple[int, ...], own: bool = False) -> str | None:
        """A variable of this shape, which may be written to with ``own``."""
        names = [
            name
            for name, size in self.shapes.items()
            if size == shape and (name in self.own or not own)
        ]
        return self.pick(names) if names else None

    def number(self) -> None:
        text = self.expression(())
        self.add(f"{self.named((), own=False)} = {text}")

    def view(self) -> None:
        name = self.of_rank(1, 2)
        assert name is not None
        shape, own = self.shapes[name], name in self.own
        part, seen = self.pick(views_of(shape))
        self.add(f"{self.named(seen, own)} = {name}{part}")

    def write(self) -> None:
        name = self.of_rank(1, 2, own=True)
        if name is None:
            return
        part, seen = self.pick(parts_of(self.shapes[name]))
        self.add(f"{name}{part} = {self.expression(seen)}")

    def update(self) -> None:
        name = self.of_rank(1, 2, own=True)
        if name is None:
            return
        part, seen = self.pick([("", self.shapes[name]), *parts_of(self.shapes[name])])
        operator = self.pick(("+=", "-=", "*="))
        self.add(f"{name}{part} {operator} {self.expression(seen)}")

    def loop(self, depth: int) -> None:
        rows = [name for name, shape in self.shapes.items() if len(shape) == 2]
        head = self.pick(("i", "row", "while"))
        before = dict(self.shapes), set(self.own)
        if head == "row" and rows:
            base = self.pick(rows)
            row = self.named(self.shapes[base][1:], own=base in self.own)
            self.add(f"for {row} in {base}:")
        else:
            self.add("for i in range(3):")
        self.nested(depth)
        self.shapes, self.own = before

    def branch(self, depth: int) -> None:
        before = dict(self.shapes), set(self.own)
        self.add(f"if np.real({self.atom(())}) > {self.pick(('0.0', '0.4', '100.0'))}:")
        self.nested(depth)
        self.shapes, self.own = dict(before[0]), set(before[1])
        if self.pick((True, False)):
            self.add("else:")
            self.nested(depth)
        self.shapes, self.own = before

    def nested(self, depth: int) -> None:
        outer, self.indent = self.indent, self.indent + "    "
        count = len(self.lines)
        for _ in range(self.pick((1, 2, 3))):
            self.statement(depth - 1)
        if len(self.lines) == count:
            self.add("pass")
        self.indent = outer


def views_of(shape: tuple[int, ...]) -> list[tuple[str, tuple[int, ...]]]:
    """Subscripts and attributes that give a view, with the shape of it."""
    if len(shape) == 1:
        (n,) = shape
        found = [("[::-1]", (n,)), ("[:]", (n,)), (".reshape(-1)", (n,)), ("[:, None][:, 0]", (n,))]
        return found + ([("[1:]", (n - 1,)), ("[:-1]", (n - 1,))] if n == 4 else [])
    n, m = shape
    return [("[0]", (m,)), ("[:, 1]", (n,)), (".T", (m, n)), ("[::-1]", (n, m)), ("[-1]", (m,)),
            ("[:, ::-1]", (n, m)), ("[1, :]", (m,))]  # fmt: skip


def parts_of(shape: tuple[int, ...]) -> list[tuple[str, tuple[int, ...]]]:
    """Subscripts that may be written to, with the shape of what they take."""
    if len(shape) == 1:
        (n,) = shape
        return [("[0]", ()), ("[-1]", ()), ("[:]", (n,)), ("[::-1]", (n,)), ("[...]", (n,)),
                ("[1]", ()), ("[[0, 2]]", ())]  # fmt: skip
    n, m = shape
    return [("[0]", (m,)), ("[:, 1]", (n,)), ("[1, 2]", ()), ("[:]", (n, m)), ("[0][1]", ()),
            ("[:, ::-1]", (n, m)), (".T[1]", (n,))]  # fmt: skip


@st.composite
def programs(draw: Any) -> str:
    """The text of a function of ``x``, ``y`` and ``M``."""
    scope = Scope(draw)
    if draw(st.booleans()):
        # What f is given may be written to, too.
        scope.own.update(SHAPES)
    for _ in range(draw(st.integers(1, 7))):
        scope.statement(2)
    total = " + ".join(
        f"{0.3 + 0.1 * k:.1f} * np.sum({name} ** 2)" for k, name in enumerate(scope.shapes)
    )
    mark = [] if scope.analytic else [NOT_ANALYTIC]
    return HELPERS + "\n".join(["def f(x, y, M):", *mark, *scope.lines, f"    return {total}", ""])


def function_of(text: str) -> Callable[..., Any]:
    name = f"<array program {next(NUMBERS)}>"
    linecache.cache[name] = (len(text), None, text.splitlines(True), name)
    scope: dict[str, Any] = {"np": np, "__name__": __name__}
    exec(compile(text, name, "exec"), scope)
    found: Callable[..., Any] = scope["f"]
    return found


def point() -> dict[str, Any]:
    random = np.random.default_rng(7)
    return {name: random.normal(size=shape) * 0.7 for name, shape in SHAPES.items()}


def complex_step(f: Callable[..., Any], wrt: str) -> Any:
    """Derivatives by ``wrt``, exact to rounding."""
    found = np.zeros(SHAPES[wrt])
    for position in np.ndindex(SHAPES[wrt]):
        args = {name: value.astype(complex) for name, value in point().items()}
        args[wrt][position] += STEP * 1j
        found[position] = np.imag(f(**args)) / STEP
    return found


def differences(f: Callable[..., Any], wrt: str) -> tuple[Any, float]:
    """Derivatives by ``wrt``, and how far they may be off."""
    found, worst = np.zeros(SHAPES[wrt]), 0.0
    for position in np.ndindex(SHAPES[wrt]):

        def moved(distance: float, position: tuple[int, ...] = position) -> Any:
            args = point()
            args[wrt][position] += distance
            return f(**args)

        found[position], noise = along(moved)
        worst = max(worst, noise)
    return found, 3.0 * worst


@settings(
    max_examples=EXAMPLES or 30,
    derandomize=not EXAMPLES,
    phases=PHASES,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)
@given(programs())
def test_array_programs_agree_with_the_complex_step(text: str) -> None:
    note(text)
    try:
        # One parameter in turn: second derivatives take the longest.
        check(text, list(SHAPES)[len(text) % 3 :][:1])
    except chainrule.UnsupportedError as refusal:
        event(f"refused: {refusal.found}")


def check(text: str, twice: Sequence[str] = tuple(SHAPES)) -> None:
    """Value bit for bit, both modes against the oracle, arguments left as f leaves them.

    Second derivatives by the parameters in ``twice``.
    """
    f = function_of(text)
    with np.errstate(all="ignore"), within(SECONDS):
        left = point()
        expected = f(**left)
        if not np.isfinite(expected) or abs(expected) > 1e12:
            return
        for wrt in SHAPES:
            args = point()
            value, gradient = chainrule.value_and_grad(f, wrt=wrt, mode="reverse")(**args)
            assert value == expected
            assert_own(gradient, args, left)
            exact = NOT_ANALYTIC not in text
            oracle, noise = (complex_step(f, wrt), 0.0) if exact else differences(f, wrt)
            scale = np.abs(oracle).max() + 1e-300
            relative = 1e-9 if exact else 1e-6
            assert gradient.shape == oracle.shape
            assert np.allclose(gradient, oracle, relative, 1e-2 * relative * scale + noise)
            direction = np.cos(np.arange(gradient.size)).reshape(gradient.shape)
            args = point()
            same, slope = chainrule.jvp(f, wrt=wrt)(**args, **{f"{wrt}_dot": direction})
            assert same == expected
            assert_left(args, left)
            wanted = np.sum(gradient * direction)
            assert np.allclose(slope, wanted, rtol=1e-9, atol=1e-10 * scale)
            modes = ("reverse", "forward") if wrt in twice else ("reverse",)
            check_alone(f, wrt, gradient, left, modes)
            if wrt in twice:
                check_twice(f, wrt, direction)
        check_together(f, left)


def assert_left(args: dict[str, Any], left: dict[str, Any]) -> None:
    """The arguments are what f leaves of them."""
    assert all(np.array_equal(args[name], kept) for name, kept in left.items())


def assert_own(gradient: Any, args: dict[str, Any], left: dict[str, Any]) -> None:
    """The gradient is nobody else's, can be written to, and cost the arguments nothing."""
    assert_left(args, left)
    assert gradient.flags.writeable
    assert not any(np.shares_memory(gradient, value) for value in args.values())


def check_together(f: Callable[..., Any], left: dict[str, Any]) -> None:
    """Gradients by all parameters at once are those by each, and do not share memory."""
    args = point()
    together = chainrule.grad(f, wrt=tuple(SHAPES), mode="reverse")(**args)
    for wrt, gradient in zip(SHAPES, together, strict=True):
        assert_own(gradient, args, left)
        alone = chainrule.grad(f, wrt=wrt, mode="reverse")(**point())
        assert np.allclose(gradient, alone, rtol=1e-9, atol=1e-10 * np.abs(alone).max())
    for one, other in itertools.combinations(together, 2):
        assert not np.shares_memory(one, other)


def check_alone(
    f: Callable[..., Any], wrt: str, gradient: Any, left: dict[str, Any], modes: Sequence[str]
) -> None:
    """The gradient without the value: less of f is computed, and the same is written to."""
    for mode in modes:
        args = point()
        alone = chainrule.grad(f, wrt=wrt, mode=mode)(**args)
        assert alone.shape == gradient.shape, mode
        assert np.allclose(alone, gradient, rtol=1e-9, atol=1e-10 * np.abs(gradient).max()), mode
        assert_own(alone, args, left)


def check_twice(f: Callable[..., Any], wrt: str, direction: Any) -> None:
    """The Hessian times a direction against differences of the gradient, checked before."""
    args = point()
    first, product = chainrule.hvp(f, wrt=wrt)(**args, **{f"{wrt}_dot": direction})
    assert product.flags.writeable
    assert not any(np.shares_memory(product, kept) for kept in (*args.values(), direction))
    assert first.flags.writeable
    assert not any(np.shares_memory(first, kept) for kept in (*args.values(), product))
    gradient = chainrule.grad(f, wrt=wrt, mode="reverse")

    def moved(distance: float) -> Any:
        args = point()
        args[wrt] = args[wrt] + distance * direction
        return gradient(**args)

    wanted, noise = along(moved)
    size = np.abs(wanted).max() + 1e-3 * np.abs(moved(0.0)).max() + 1e-9
    assert np.shape(product) == wanted.shape
    assert np.abs(product - wanted).max() < 1e-5 * size + 3.0 * noise


FOUND = [
    # Two branches on one condition become one: what is written over in between is read before.
    """
    x[...] += x[:1]
    if np.real(np.sum(x ** 2)) > 0.1:
        M[np.real(M) > 0.4] = np.exp(-(x[0]) * (x[0]))
    v = x * x + 0.4
    return 0.3 * np.sum(x ** 2) + 0.5 * np.sum(M ** 2) + 0.6 * np.sum(v ** 2)
""",
    # A row that the derivative needs is read in an arm before it is written over.
    """
    v = M * 2.0
    if np.real(np.sum(x)) > 100.0:
        v[1] = 0.0
    else:
        v[0] *= y
    return np.sum(v ** 2) + x[0]
""",
    # A number added to a row that a view reaches: its adjoint is the sum over the row.
    """
    v = M * -0.5 + np.sin(x)
    w = x[-1]
    v.T[1] += w
    v[1] += 2.0 * w
    return np.sum(v ** 2) + w ** 2 + np.sum(y)
""",
    # A tangent that is one number for many entries is written to through a view.
    """
    v = (x[0] + np.ones((3,))) * 0.5 + np.mean(M, axis=1)
    w = v.reshape(-1)
    w[-1] *= w[0] * v[-1]
    w[...] = v
    return np.sum(v ** 2) + np.sum(w ** 3) + np.sum(y)
""",
    # What a view of a view sees is read after the view was written over.
    """
    v = x * 0.5 + 0.5
    w = v[::-1]
    w[::-1] = np.sin(x)
    return np.sum(v ** 2) + np.sum(y) + M[0, 0]
""",
    # What was written through a view is read where the array is written to again.
    """
    v = M * 1.5
    v.T[1] -= (v @ y) * 2
    v[:, 1] *= v @ x
    return np.sum(v ** 2)
""",
    # The caller's arrays are written to in one arm, and what they held is needed behind it.
    """
    y[...] -= x
    if np.real(y[0]) > 100.0:
        y[:] *= 2.0 * np.sin(x)
        x[0] += y[-1]
    return 0.3 * np.sum(x ** 2) + 0.4 * np.sum(y ** 2)
""",
    # A name that a loop binds first, to an array that is written to later, begins as nothing.
    """
    for row in M:
        v = x
        if np.real(x[-1]) > 0.3:
            return np.sum(v ** 2)
    for i in range(3):
        v = y.reshape(2, 2).T.ravel()
        if np.real(y[0]) > 0.9:
            return np.sum(x ** 2)
        x[...] += M[0] + np.sin(M[0])
    return np.sum(y ** 2) + np.sum(M ** 2)
""",
    # Each step of the loop has an array of another length.
    """
    for k in range(3):
        y = 0.4 * y[:-1] + 0.6 * y[1:] ** 2
    return y[0] * M[0, 0] + x[0]
""",
]


@pytest.mark.parametrize("body", FOUND)
def test_programs_that_were_found(body: str) -> None:
    check(f"def f(x, y, M):{body}")
