"""Subjects for a corpus from functions without examples: calls at points that suit them.

Every function of every submodule of a package is tried at arguments that are drawn from what
is known of its parameters: defaults, annotations, units and strings in the docstring, names.
A function counts as soon as it runs itself at such a point and returns finite floats.
"""

from __future__ import annotations

import contextlib
import hashlib
import inspect
import itertools
import math
import random
import re
import tempfile
import types
import warnings
from collections.abc import Callable, Container, Iterator, Sequence
from typing import Any

from corpus import Call, Subject
from doctests import modules, quiet

from tests import oracle
from tests.limits import OutOfTime, within

TRIES = 150
POINTS = 2
SECONDS = 0.5
"""What a function may compute in one try."""

SHUNNED = re.compile(
    r"^(fetch|read|write|save|load|plot|draw|show|download|open|retrieve|main|test|print|"
    r"export|import|install|request|parse|animate|set|random|sample)(_|$|[A-Z])|_file|_to_csv|plot"
)
"""Functions that reach for files, the network or a screen."""

UNITS: tuple[tuple[str, tuple[float, float]], ...] = (
    (r"\[?(deg\s?C|°\s?C|celsius|degC)\b", (5.0, 40.0)),
    (r"\[?(deg\s?F|°\s?F|fahrenheit|degF)\b", (40.0, 100.0)),
    (r"\b(kelvin)\b|\[K\]|\(K\)|,\s*K\b|in K\b", (280.0, 350.0)),
    (r"\[Pa\]|\bin Pa\b|pascal|\(Pa\)", (9.0e4, 1.1e5)),
    (r"\bMPa\b", (0.5, 20.0)),
    (r"\bkPa\b", (80.0, 120.0)),
    (r"\b(hPa|mbar|millibar)", (800.0, 1050.0)),
    (r"\b(bar)\b", (1.0, 20.0)),
    (r"\bradians?\b|\[rad\]|\(rad\)", (0.1, 1.2)),
    (r"\bdegrees?\b|\[deg\]|\(deg\)|\bdeg\b|°", (5.0, 60.0)),
    (r"W\s?/\s?m\^?2|W m-2|watts? per square", (100.0, 900.0)),
    (r"km\b|kilomet", (1.0, 500.0)),
    (r"fraction|0 to 1|0-1|0\.\.1|\[0, ?1\]|between 0 and 1|unitless|ratio", (0.1, 0.9)),
    (r"percent|\[?%\]?", (20.0, 80.0)),
    (r"julian day|julian date|\bJDE?\b", (2451545.0, 2459000.0)),
    (r"day of (the )?year", (1.0, 365.0)),
    (r"\byears?\b", (0.2, 5.0)),
    (r"\bhours?\b", (1.0, 23.0)),
)
"""Ranges by what the docstring says in the lines about a parameter."""

NAMES: tuple[tuple[str, tuple[float, float]], ...] = (
    (r"^(lat|latitude|phi)(_?\w?\d?|_deg|itude\d?)$|lat\d?$", (10.0, 60.0)),
    (r"^(lon|lng|long|longitude)(_?\w?\d?|_deg|itude\d?)$|lon\d?$", (5.0, 120.0)),
    (r"^(jd|jde|julian).*", (2451545.0, 2459000.0)),
    (r"^(doy|day_?of_?year)$", (1.0, 365.0)),
    (r"^(rh|relhum|relative_?humidity)", (20.0, 80.0)),
    (r"^(t|temp|temperature|tdb|tr|ta|tair|tdry\w*|dry_?bulb\w*|.*temp\w*)$", (10.0, 35.0)),
    (r"^(t_?k|tk|temp_?k|.*kelvin)$", (280.0, 330.0)),
    (r"^(p|pressure|press|pres.*|p_?atm.*)$", (0.5, 20.0)),
    (r"^(s|s0|spot|under\w*|k|strike)$", (80.0, 120.0)),
    (r"^(r|q|rate|.*_?rate|yield\w*|div\w*)$", (0.01, 0.08)),
    (r"^(sigma|vol\w*|sd)$", (0.1, 0.5)),
    (r"^(mach|m|m1|ma)$", (1.2, 3.0)),
    (r"^(gamma|k|kappa)$", (1.2, 1.6)),
    (r"^(alt|altitude|h|z|height|elev\w*|depth)$", (10.0, 3000.0)),
    (r"^(ecc|e|eccentricity)$", (0.05, 0.6)),
    (r"^(angle|theta|azimuth|zenith|tilt|alpha|beta|.*angle|.*tilt|.*azimuth)$", (0.1, 60.0)),
    (r"^(year|y)$", (1990.0, 2020.0)),
    (r"^(month|mon)$", (1.0, 12.0)),
    (r"^(day|d)$", (1.0, 28.0)),
    (r"^(hour|hr)$", (0.0, 23.0)),
)
"""Ranges by the name of a parameter."""

GENERIC = ((0.1, 0.9), (1.0, 3.0), (5.0, 40.0), (100.0, 1000.0), (-2.0, 2.0), (280.0, 350.0))
"""Ranges for a parameter of which nothing is known."""


def subjects(
    package: types.ModuleType, skipped: Container[str] = (), private: bool = False
) -> list[Subject]:
    """All functions, static methods and methods of ready instances that run at some point."""
    found = []
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        for module in modules(package, skipped):
            for name, function in _functions(module, private):
                calls = list(_calls(name, function))
                if calls:
                    found.append(Subject(f"{module.__name__}.{name}", function, calls))
    return found


def _functions(module: types.ModuleType, private: bool) -> Iterator[tuple[str, Callable[..., Any]]]:
    def wanted(name: str) -> bool:
        hidden = name.startswith("_") and not (private and not name.startswith("__"))
        return not hidden and not SHUNNED.search(name)

    for name, value in sorted(vars(module).items()):
        if getattr(value, "__module__", None) != module.__name__:
            continue
        if isinstance(value, types.FunctionType) and wanted(name):
            yield name, value
        if isinstance(value, type):
            yield from _methods(name, value, wanted)


def _methods(
    name: str, kind: type, wanted: Callable[[str], bool]
) -> Iterator[tuple[str, Callable[..., Any]]]:
    """Static and class methods, and methods of an instance that is made without arguments."""
    ready = None
    with quiet(), contextlib.suppress(Exception, OutOfTime), within(SECONDS):
        ready = kind()
    for attribute, raw in sorted(vars(kind).items()):
        if not wanted(attribute):
            continue
        if isinstance(raw, (staticmethod, classmethod)):
            yield f"{name}.{attribute}", getattr(kind, attribute)
        elif isinstance(raw, types.FunctionType) and ready is not None:
            yield f"{name}.{attribute}", getattr(ready, attribute)


def _calls(name: str, function: Callable[..., Any]) -> Iterator[Call]:
    """Up to `POINTS` calls at which the function runs and gives floats that move."""
    try:
        parameters = list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError):
        return
    named = [
        each for each in parameters if each.kind not in (each.VAR_POSITIONAL, each.VAR_KEYWORD)
    ]
    if not named or inspect.iscoroutinefunction(function) or inspect.isgeneratorfunction(function):
        return
    seed = int(hashlib.sha256(name.encode()).hexdigest()[:8], 16)
    draw = random.Random(seed)
    text = inspect.getdoc(function) or ""
    choices = [candidates(parameter, text) for parameter in named]
    found: list[Call] = []
    for _ in range(TRIES):
        values = {
            each.name: draw.choice(ways)(draw) for each, ways in zip(named, choices, strict=True)
        }
        call = _tried(name, function, named, values)
        if call is not None:
            found.append(call)
            if len(found) == POINTS:
                break
    yield from found


def _tried(
    name: str,
    function: Callable[..., Any],
    named: Sequence[inspect.Parameter],
    values: dict[str, Any],
) -> Call | None:
    args = tuple(values[each.name] for each in named if each.kind is not each.KEYWORD_ONLY)
    kwargs = {each.name: values[each.name] for each in named if each.kind is each.KEYWORD_ONLY}
    wrt = tuple(key for key, value in values.items() if type(value) is float)
    if not wrt:
        return None
    try:
        with quiet(), warnings.catch_warnings(), within(SECONDS):
            warnings.simplefilter("ignore")
            result = function(*args, **kwargs)
    except (Exception, OutOfTime, SystemExit):
        return None
    leaves = [oracle.look_up(result, path) for path in oracle.paths(result)]
    floats = [leaf for leaf in leaves if isinstance(leaf, float)]
    if not floats or not all(map(math.isfinite, floats)):
        return None
    shown = ", ".join(f"{key}={value!r}" for key, value in values.items())
    try:
        weights = None if isinstance(result, float) else _weights(result, itertools.count())
    except TypeError:
        return None
    return Call(f"{name}({shown})", args, kwargs, wrt, weights)


def _weights(result: Any, number: Iterator[int]) -> Any:
    """Weights for the numbers of a result, laid out as it is; a TypeError where it has others."""
    if isinstance(result, float):
        return math.cos(next(number))
    if isinstance(result, dict):
        return {key: _weights(part, number) for key, part in result.items()}
    if isinstance(result, (list, tuple)):
        parts = [_weights(part, number) for part in result]
        return type(result)(*parts) if hasattr(result, "_fields") else type(result)(parts)
    raise TypeError(type(result))


# What a parameter may be


Draw = Callable[[random.Random], Any]


def candidates(parameter: inspect.Parameter, text: str) -> list[Draw]:
    """Ways to draw a value for a parameter, the likelier ones repeated."""
    default, annotation = parameter.default, str(parameter.annotation)
    if parameter.default is not parameter.empty and not isinstance(default, float):
        return [_always(default)]
    about = _lines_about(parameter.name, text)
    if annotation in ("<class 'int'>", "int"):
        return [_whole(1, 6)]
    if annotation in ("<class 'bool'>", "bool"):
        return [_always(False), _always(True)]
    if annotation in ("<class 'str'>", "str"):
        return [_always(word) for word in _words(about or text) or ["a"]]
    ways = []
    if isinstance(default, float):
        ways += [_always(default)] * 3
    for table, where in ((UNITS, about), (NAMES, parameter.name.lower())):
        ways += [_between(*range_) for pattern, range_ in table if re.search(pattern, where)] * 4
    if not ways:
        ways += [_between(*range_) for range_ in GENERIC] * 2
        ways += [_always(word) for word in _words(about)[:6]]
        ways += [_whole(1, 6)]
        if re.search(r"list|array|sequence|vector|iterable", about + annotation):
            ways += [_several(*GENERIC[0]), _several(*GENERIC[2])] * 4
    return ways


def _lines_about(name: str, text: str) -> str:
    """The lines of a docstring about a parameter: its own and those indented below it."""
    kept: list[str] = []
    inside = None
    for line in text.splitlines():
        indent = len(line) - len(line.lstrip())
        if re.match(rf"\s*(:param )?(\w+ )?\W?{re.escape(name)}\b\W*[:=(,-]", line):
            inside = indent
            kept.append(line)
        elif inside is not None and line.strip() and indent > inside:
            kept.append(line)
        else:
            inside = None
    return "\n".join(kept)


def _words(text: str) -> list[str]:
    return re.findall(r"['\"`]([\w\- .]{1,24})['\"`]", text)


def _always(value: Any) -> Draw:
    return lambda draw: value


def _between(low: float, high: float) -> Draw:
    return lambda draw: round(draw.uniform(low, high), 4)


def _whole(low: int, high: int) -> Draw:
    return lambda draw: draw.randint(low, high)


def _several(low: float, high: float) -> Draw:
    return lambda draw: [round(draw.uniform(low, high), 4) for _ in range(4)]
