"""Discrete Fourier transforms: linear, their adjoints are transforms the other way."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from chainrule.graph.node import Node
from chainrule.graph.types import Type, array_of, dtype_of, unit_axes_of
from chainrule.primitives.arrays.call import ArrayCall, ArrayLinear, array_flat, array_linear
from chainrule.primitives.arrays.complex_numbers import conjugated, real_dtype, real_of
from chainrule.primitives.arrays.defined import array_defined
from chainrule.primitives.arrays.indexing import part_along, section_set
from chainrule.primitives.arrays.lengths import Length, Lengths, Of, Rule, named, number
from chainrule.primitives.arrays.shaping import dimension
from chainrule.primitives.declare import TABLE, Cost, is_constant

ONE_AXIS = "a, n=None, axis=-1, norm=None"
# The adjoint of a transform that divides by the length divides, the other way, by none.
TURNED = {None: "forward", "backward": "forward", "forward": None, "ortho": "ortho"}


def complex_dtype(type: Type) -> str:
    """The dtype of the transform of a value."""
    return "complex64" if dtype_of(type) in ("float32", "complex64") else "complex128"


def _along(a: Type, dtype: str, axis: int, sizes: tuple[Node, ...], kept: bool) -> Type:
    units = list(unit_axes_of(a))
    if sizes:
        units[axis] = is_constant(sizes[0], 1)
    elif not kept:
        units[axis] = False
    return array_of(dtype, tuple(units))


def _whole(a: Type, sizes: Any = (), axis: int = -1, norm: Any = None) -> Type:
    return _along(a, complex_dtype(a), axis, sizes, kept=True)


def _half(a: Type, sizes: Any = (), axis: int = -1, norm: Any = None) -> Type:
    return _along(a, complex_dtype(a), axis, (), kept=False)


def _real(a: Type, sizes: Any = (), axis: int = -1, norm: Any = None) -> Type:
    return _along(a, real_dtype(a), axis, sizes, kept=False)


def _lengths(of_own: Callable[[Length], Length], of_size: Callable[[Length], Length]) -> Rule:
    """Along the transformed axis the length follows from its own, or from ``n`` if it is given."""

    def rule(node: Node, of: Of) -> Lengths:
        found = list(of(node.args[0]))
        axis = int(str(node.params[0])) % len(found)
        if len(node.args) > 1:
            found[axis] = of_size(number(node.args[1], of))
        else:
            found[axis] = of_own(found[axis])
        return tuple(found)

    return rule


def _same(length: Length) -> Length:
    return length


def _half_of(length: Length) -> Length:
    known = length.known
    return named("half", length) if known is None else Length(known // 2 + 1)


def _twice(length: Length) -> Length:
    """Of ``n // 2 + 1`` entries come ``2 * (n // 2)``."""
    return (length + -1).times(2)


def _resized(value: Node, like: Node, axis: int) -> Node:
    """``value`` cut off, or filled up with zeros, to the length of ``like`` along an axis."""
    cursor = value.graph.cursor
    none = value.graph.constant(None)
    axis %= len(unit_axes_of(value.type))
    count = TABLE["python_min"](dimension(value, axis=axis), dimension(like, axis=axis))
    dtype = dtype_of(value.type)
    base = cursor.add(TABLE["array_zeros_like"], (like,), (dtype, "function"))
    bounds = (*(none for _ in range(3 * axis)), none, count, none)
    part = part_along(value, axis, 0, count)
    return cursor.add(section_set, (base, *bounds, part), ("s" * (axis + 1),))


def _fitted(value: Node, node: Node, axis: int) -> Node:
    """The adjoint of what was transformed, in its own length."""
    a = node.args[0]
    return _resized(value, a, axis) if len(node.args) > 1 else value


def _pair(home: str, prefix: str) -> tuple[ArrayLinear, ArrayLinear, ArrayLinear, ArrayLinear]:
    """The transforms of one library."""
    kept, halved = _lengths(_same, _same), _lengths(_half_of, _half_of)
    doubled = _lengths(_twice, _same)
    facts: dict[str, Any] = {"signature": ONE_AXIS, "sizes": "n", "cost": Cost.FUNCTION}

    @array_linear(f"{prefix}fft", f"{home}.fft", typed=_whole, lengths=kept, **facts)
    def fft(walker: Any, node: Node, out_bar: Node, axis: int, norm: Any) -> None:
        """Discrete Fourier transform along an axis."""
        found = ifft(out_bar, axis=axis, norm=TURNED[norm])
        walker.accumulate(node.args[0], _fitted(found, node, axis))

    @array_linear(f"{prefix}ifft", f"{home}.ifft", typed=_whole, lengths=kept, **facts)
    def ifft(walker: Any, node: Node, out_bar: Node, axis: int, norm: Any) -> None:
        """Inverse discrete Fourier transform along an axis."""
        # It divides where the transform does not.
        other = {None: "backward", "backward": "backward"}.get(norm, norm)
        turned = {"backward": "forward", "forward": None, "ortho": "ortho"}[other]
        walker.accumulate(node.args[0], _fitted(fft(out_bar, axis=axis, norm=turned), node, axis))

    @array_linear(f"{prefix}rfft", f"{home}.rfft", typed=_half, lengths=halved, **facts)
    def rfft(walker: Any, node: Node, out_bar: Node, axis: int, norm: Any) -> None:
        """Fourier transform of real numbers: the half that tells the other."""
        a, *size = node.args
        count = size[0] if size else dimension(a, axis=axis % len(unit_axes_of(a.type)))
        found = real_of(ifft(out_bar, count, axis=axis, norm=TURNED[norm]))
        walker.accumulate(a, _fitted(found, node, axis))

    @array_linear(f"{prefix}irfft", f"{home}.irfft", typed=_real, lengths=doubled, **facts)
    def irfft(walker: Any, node: Node, out_bar: Node, axis: int, norm: Any) -> None:
        """The real numbers whose transform has a given half; all but the ends count twice."""
        turned = {None: "forward", "backward": "forward", "forward": None, "ortho": "ortho"}[norm]
        half = rfft(out_bar, axis=axis, norm=turned)
        along = axis % len(unit_axes_of(half.type))
        constant = node.graph.constant
        if len(node.args) > 1:
            stop: Node = TABLE["floor_divide"](dimension(node, axis=along) + 1, 2)
        else:
            stop = constant(-1)
        none = constant(None)
        bounds = (*(none for _ in range(3 * along)), constant(1), stop, none)
        inner = part_along(half, along, constant(1), stop)
        cursor = node.graph.cursor
        found = cursor.add(section_set, (half, *bounds, 2.0 * inner), ("s" * (along + 1),))
        walker.accumulate(node.args[0], _fitted(found, node, axis))

    return fft, ifft, rfft, irfft


def _several_axes(home: str, prefix: str, ops: tuple[ArrayLinear, ...]) -> None:
    """Transforms along several axes, one after the other."""
    fft, ifft, rfft, irfft = ops

    def axes_of(a: Node, axes: Any) -> tuple[int, ...]:
        rank = len(unit_axes_of(a.type))
        return tuple(range(rank)) if axes is None else tuple(axis % rank for axis in axes)

    def define(
        name: str, step: ArrayCall, last: ArrayCall, first: bool, typed: Any, pair: bool
    ) -> None:
        default = "(-2, -1)" if pair else "None"

        @array_defined(
            f"{prefix}{name}", f"{home}.{name}", signature=f"a, axes={default}, norm=None",
            typed=typed,
        )  # fmt: skip
        def transform(a: Node, axes: Any, norm: Any) -> Node:
            *others, end = axes_of(a, axes)
            found = last(a, axis=end, norm=norm) if first else a
            for axis in others:
                found = step(found, axis=axis, norm=norm)
            return found if first else last(found, axis=end, norm=norm)

        transform.takes_complex = True
        transform.__doc__ = f"The transform ``{name}`` along several axes."

    def whole(a: Type, axes: Any = None, norm: Any = None) -> Type:
        return array_of(complex_dtype(a), unit_axes_of(a))

    def half(a: Type, axes: Any = None, norm: Any = None) -> Type:
        return _half(a, axis=-1 if axes is None else axes[-1])

    def real(a: Type, axes: Any = None, norm: Any = None) -> Type:
        return _real(a, axis=-1 if axes is None else axes[-1])

    for suffix, pair in (("2", True), ("n", False)):
        define(f"fft{suffix}", fft, fft, True, whole, pair)
        define(f"ifft{suffix}", ifft, ifft, True, whole, pair)
        define(f"rfft{suffix}", fft, rfft, True, half, pair)
        define(f"irfft{suffix}", ifft, irfft, False, real, pair)


fftfreq = array_flat(
    "fftfreq", "numpy.fft.fftfreq", signature="n",
    typed=lambda n: array_of("float64", (False,)), doc="Frequencies in their order.",
)  # fmt: skip
rfftfreq = array_flat(
    "rfftfreq", "numpy.fft.rfftfreq", signature="n",
    typed=lambda n: array_of("float64", (False,)), doc="Frequencies that are not negative.",
)  # fmt: skip


def _over(name: str, of: ArrayCall) -> None:
    @array_defined(
        f"{name}_over", f"numpy.fft.{name}", signature="n, d", arrays=2,
        typed=lambda n, d: array_of("float64", (False,)),
    )  # fmt: skip
    def over(n: Node, d: Node) -> Node:
        return of(n) / d

    over.__doc__ = "Frequencies at a distance of the samples."


_over("fftfreq", fftfreq)
_over("rfftfreq", rfftfreq)

for _home, _prefix in (("numpy.fft", ""), ("scipy.fft", "scipy_")):
    _ops = _pair(_home, _prefix)
    for _op in _ops:
        _op.takes_complex = True
    _several_axes(_home, _prefix, _ops)

# The transform that divides where its inverse is taken for it, and the other way round.
SWAPPED = {None: "forward", "backward": "forward", "forward": "backward", "ortho": "ortho"}
_, _, scipy_rfft, scipy_irfft = _ops


@array_defined("scipy_hfft", "scipy.fft.hfft", signature="x, n=None, axis=-1, norm=None",
               sizes="n", typed=_real, lengths=_lengths(_twice, _same))  # fmt: skip
def scipy_hfft(x: Node, *n: Node, axis: int, norm: Any) -> Node:
    """The real transform of a signal whose other half is the conjugate."""
    return scipy_irfft(conjugated(x), *n, axis=axis, norm=SWAPPED[norm])


@array_defined("scipy_ihfft", "scipy.fft.ihfft", signature="x, n=None, axis=-1, norm=None",
               sizes="n", typed=_half, lengths=_lengths(_half_of, _half_of))  # fmt: skip
def scipy_ihfft(x: Node, *n: Node, axis: int, norm: Any) -> Node:
    """Half of the signal whose transform is real."""
    return conjugated(scipy_rfft(x, *n, axis=axis, norm=SWAPPED[norm]))


scipy_hfft.takes_complex = True
