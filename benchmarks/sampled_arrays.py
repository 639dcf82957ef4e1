"""Arguments for functions that come without examples: arrays and numbers that they accept.

What is tried first is what the docstring says of each parameter in NumPy's style ("array_like",
"(3, 3) array", "float"), then vectors, numbers and matrices throughout, each in several ranges of
values.  A try counts when the function runs there, twice with the same result, and gives real
numbers.
"""

from __future__ import annotations

import contextlib
import copy
import inspect
import re
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import doctests
import numpy as np
from corpus import Call

from tests import oracle
from tests.limits import OutOfTime, within

SECONDS = 2
"""What a function may compute at one point."""
KINDS = ("documented", "vector", "number", "first", "matrix")
RANGES = ("unit", "unit vectors", "tens", "around 0", "hundreds", "rotations", "whole")
CALLS = 2
WRT = 3
"""How many arguments of one call are differentiated by."""


def calls(function: Callable[..., Any]) -> list[Call]:
    """Calls of different kinds that the function accepts, with weights for their results."""
    found: list[Call] = []
    seen: set[str] = set()
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):
        return []
    documented = _documented(inspect.getdoc(function) or "")
    for kind in KINDS:
        for values in RANGES:
            call = _attempt(function, signature, documented, kind, values)
            if call is not None:
                if _kinds(call) not in seen:
                    seen.add(_kinds(call))
                    found.append(call)
                break
        if len(found) == CALLS:
            break
    return found


def _kinds(call: Call) -> str:
    return str([getattr(value, "shape", type(value)) for value in call.kwargs.values()])


def _attempt(
    function: Callable[..., Any],
    signature: inspect.Signature,
    documented: dict[str, str],
    kind: str,
    values: str,
) -> Call | None:
    arguments: dict[str, Any] = {}
    place = 0
    for name, parameter in signature.parameters.items():
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
            continue
        if parameter.kind is parameter.POSITIONAL_ONLY:
            return None
        default = parameter.default
        if default is not parameter.empty:
            if isinstance(default, float) and np.isfinite(default):
                arguments[name] = default
            continue
        said = documented.get(name, _annotated(parameter))
        sample = _sample(name, said, kind if kind != "first" or place else "vector", values, place)
        if sample is None:
            return None
        arguments[name] = sample
        place += 1
    wrt = tuple(name for name, value in arguments.items() if _real(value))[:WRT]
    if not wrt:
        return None
    result = _result(function, arguments)
    if result is None:
        return None
    count = 0

    def weight(part: Any) -> Any:
        nonlocal count
        count += 1
        if isinstance(part, np.ndarray):
            return np.array(np.cos(count + np.arange(part.size)).reshape(part.shape))
        return float(np.cos(count))

    shown = ", ".join(f"{name}={_text(value)}" for name, value in arguments.items())
    seed = None if isinstance(result, float) else _mapped(result, weight)
    return Call(f"{function.__name__}({shown})", (), arguments, wrt, seed)


def _real(value: Any) -> bool:
    return isinstance(value, float) or (
        isinstance(value, np.ndarray) and value.dtype.kind == "f" and value.size > 0
    )


def _text(value: Any) -> str:
    return f"np.array({value.tolist()})" if isinstance(value, np.ndarray) else repr(value)


def _result(function: Callable[..., Any], arguments: dict[str, Any]) -> Any:
    """What the function returns, where that is finite real numbers; else None."""
    results = []
    for _ in range(2):
        with quiet(), contextlib.suppress(Exception, SystemExit, OutOfTime), within(SECONDS):
            results.append(function(**copy.deepcopy(arguments)))
    if len(results) < 2:
        return None
    leaves = list(_leaves(results[0]))
    if not leaves or not all(_finite(leaf) for leaf in leaves):
        return None
    return results[0] if oracle.same_bits(*results) else None


def _finite(leaf: Any) -> bool:
    if type(leaf) is np.ndarray:
        return leaf.dtype.kind == "f" and leaf.size > 0 and bool(np.isfinite(leaf).all())
    return isinstance(leaf, (float, np.floating)) and bool(np.isfinite(leaf))


def _leaves(value: Any) -> Iterator[Any]:
    if type(value) in (list, tuple):
        for part in value:
            yield from _leaves(part)
    elif type(value) is dict:
        for part in value.values():
            yield from _leaves(part)
    else:
        yield value


def _mapped(value: Any, change: Callable[[Any], Any]) -> Any:
    if type(value) in (list, tuple):
        return type(value)(_mapped(part, change) for part in value)
    if type(value) is dict:
        return {key: _mapped(part, change) for key, part in value.items()}
    return change(value)


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Nothing is printed and nobody is warned."""
    with (
        doctests.quiet(),
        warnings.catch_warnings(),
        np.errstate(all="ignore"),
    ):
        warnings.simplefilter("ignore")
        yield


# What is said of parameters


def _documented(text: str) -> dict[str, str]:
    """What NumPy's style of docstrings says of the kind of each parameter."""
    found: dict[str, str] = {}
    for names, said in re.findall(r"^ {0,8}([\w*, ]+?) ?: ([^\n]+)$", text, re.MULTILINE):
        for name in names.split(","):
            found.setdefault(name.strip(" *"), said.strip())
    return found


def _annotated(parameter: inspect.Parameter) -> str:
    said = parameter.annotation
    return "" if said is parameter.empty else str(getattr(said, "__name__", said))


def _sample(name: str, said: str, kind: str, values: str, place: int) -> Any:
    """An argument for one parameter; None where it is no number."""
    plain = said.lower()
    if re.search(r"callable|function|object|module|dataframe|series|dict", plain):
        return None
    choice = re.match(r"\{? ?['\"](\w+)['\"]", said)
    if choice:
        return choice.group(1)
    if re.search(r"\bstr\b|string", plain) and not re.search(r"float|array|numeric", plain):
        return None
    if re.match(r"bool", plain):
        return False
    if re.match(r"(positive |non-?negative )?int\b|integer", plain) or (
        not said and re.fullmatch(r"n|m|k|N|order|degree|dim|size|axis|n_\w+|num_\w+", name)
    ):
        return 2
    shape = _shape(name, plain, kind)
    return _numbers(shape, values, place)


def _shape(name: str, said: str, kind: str) -> tuple[int, ...]:
    if kind == "documented":
        match = re.search(r"\(([\w. ]+(?:, ?[\w. ]*)*)\)|\b(\d) ?x ?(\d)\b", said)
        if match and match.group(1) is None:
            return int(match.group(2)), int(match.group(3))
        if match and re.search(r"\d|,", match.group(1)) and "array" in said + "array":
            parts = [part.strip() for part in match.group(1).split(",") if part.strip()]
            if parts and all(re.fullmatch(r"\d|\w*[a-z]\w*|\.\.\.", part) for part in parts):
                known = [int(part) if part.isdigit() else 3 for part in parts if part != "..."]
                return tuple(known)
        if re.search(r"matrix|2-?d", said):
            return (3, 3)
        if re.search(r"array|list|sequence|vector|1-?d", said):
            return (3,)
        return ()
    return {"vector": (3,), "number": (), "first": (), "matrix": (3, 3)}[kind]


def _numbers(shape: tuple[int, ...], values: str, place: int) -> Any:
    """Numbers of a range that differ from each other and between arguments."""
    count = int(np.prod(shape))
    steps = np.sin(1.3 + 2.1 * np.arange(count) + 0.7 * place) * 0.4
    if values == "whole" and place == 0:
        return None if shape else 2.0
    if values == "rotations" and shape in ((3, 3), (4, 4)):
        return _rotation(shape[0], 0.4 + 0.1 * place)
    if values == "unit vectors" and shape:
        array = (0.5 + steps).reshape(shape)
        return array / np.linalg.norm(array, axis=-1, keepdims=True)
    centre, width = {
        "tens": (30.0 + 3.0 * place, 25.0),
        "around 0": (0.05, 2.0),
        "hundreds": (450.0 + 10.0 * place, 300.0),
    }.get(values, (0.5, 1.0))
    if not shape:
        return float(centre + width * np.sin(1.3 + 0.7 * place) * 0.4)
    array = (centre + width * steps).reshape(shape)
    if shape in ((2, 2), (3, 3), (4, 4)) and values == "unit":
        # Symmetric and positive definite, for those who need that.
        array = (array + array.T) / 2.0 + np.diag(2.0 + 0.3 * np.arange(shape[0]))
    return array


def _rotation(size: int, angle: float) -> Any:
    cosine, sine = np.cos(angle), np.sin(angle)
    about_x = np.array([[1.0, 0.0, 0.0], [0.0, cosine, -sine], [0.0, sine, cosine]])
    about_z = np.array([[cosine, -sine, 0.0], [sine, cosine, 0.0], [0.0, 0.0, 1.0]])
    matrix = np.eye(size)
    matrix[:3, :3] = about_x @ about_z
    if size == 4:
        matrix[:3, 3] = 0.3, 0.2, 0.7
    return matrix
