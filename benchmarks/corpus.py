"""Judging derivatives of other people's functions, each in a process of its own.

A corpus script collects `Subject`s (a function and the calls that its authors give as
examples) and hands them to `main`.  For every float in every call, the gradient that
chainrule gives is compared with the oracle of the test suite, and the value of
``value_and_grad`` with the function's own, bit for bit.
"""

from __future__ import annotations

import argparse
import contextlib
import copy
import functools
import inspect
import json
import multiprocessing
import multiprocessing.connection
import os
import re
import sys
import time
import traceback
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import numpy as np
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from tests import oracle
from tests.limits import OutOfTime, within

CATEGORIES = ("correct", "wrong", "refused", "crashed", "undecided")
SECONDS = 20
"""What chainrule may compute for one derivative."""
ORACLE_SECONDS = 60
ENTRIES = 6
"""How many entries of a long array are judged: the first, the last and some between."""
WORKERS = int(os.environ.get("CHAINRULE_WORKERS", "2"))
MEMORY = 4 << 30
ASKING = "asking"
"""What a worker says before it asks the oracle."""
SINGLE_POINT = "no slope is known at this single point"
"""What a derivative raises where f's own branches leave its slope open."""


@dataclass(frozen=True)
class Call:
    """One call of a function: how it is written, its arguments, by what to differentiate.

    Where the function returns more than one number, ``weights`` is laid out as its result: what is
    differentiated is the sum of the numbers with these weights.
    """

    text: str
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    wrt: tuple[str, ...]
    weights: Any = None


@dataclass(frozen=True)
class Subject:
    """A function to be judged."""

    name: str
    function: Callable[..., Any]
    calls: list[Call] = field(default_factory=list)


@dataclass(frozen=True)
class Finding:
    """What came of one derivative."""

    subject: str
    call: str
    wrt: str
    category: str
    reason: str = ""
    detail: str = ""


def main(title: str, subjects: list[Subject], arguments: Sequence[str] | None = None) -> int:
    """Judge a corpus as asked for on the command line; the exit code is 1 for any fault."""
    options = _options(title, arguments)
    chosen = [subject for subject in subjects if _wanted(subject, options)]
    settled = _settled(options.but) if options.but else set()
    chosen = [subject for subject in chosen if subject.name not in settled][: options.limit]
    console = Console(width=None if sys.stdout.isatty() else 120, highlight=False)
    derivatives = sum(len(call.wrt) for subject in chosen for call in subject.calls)
    console.print(f"{title}: {len(chosen)} functions, {derivatives} derivatives")
    import chainrule  # noqa: F401  (before the first fork, so that workers share it)

    begin = time.perf_counter()
    findings: list[Finding] = []
    for found in _judge_all(chosen):
        findings += found
        if options.json:
            with options.json.open("a", encoding="utf-8") as lines:
                lines.writelines(json.dumps(asdict(each)) + "\n" for each in found)
    order = {subject.name: number for number, subject in enumerate(chosen)}
    findings.sort(key=lambda finding: order[finding.subject])
    _report(console, chosen, findings, options.show)
    console.print(f"{time.perf_counter() - begin:.0f} s")
    return int(any(each.category in ("wrong", "crashed") for each in findings))


def _options(title: str, arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=f"chainrule on the functions of {title}")
    parser.add_argument("--only", metavar="NAME", help="a function, or the end of its name")
    parser.add_argument("--module", metavar="MODULE", help="a part of the module's name")
    parser.add_argument("--show", metavar="CATEGORY", choices=CATEGORIES, help="list findings")
    parser.add_argument("--limit", metavar="N", type=int, help="the first N functions only")
    parser.add_argument("--json", metavar="FILE", type=Path, help="append each finding as a line")
    parser.add_argument(
        "--but", metavar="FILE", type=Path, help="leave out what is correct in these findings"
    )
    return parser.parse_args(arguments)


def _settled(file: Path) -> set[str]:
    """The functions all of whose derivatives were found correct or undecided."""
    last: dict[tuple[str, str, str], dict[str, str]] = {}
    for line in file.read_text(encoding="utf-8").splitlines():
        finding = json.loads(line)
        last[finding["subject"], finding["call"], finding["wrt"]] = finding
    open_ones = {
        each["subject"]
        for each in last.values()
        if each["category"] not in ("correct", "undecided")
    }
    return {each["subject"] for each in last.values()} - open_ones


def _wanted(subject: Subject, options: argparse.Namespace) -> bool:
    module, _, name = subject.name.rpartition(".")
    if options.only and options.only not in (name, subject.name):
        return False
    return not options.module or options.module in module.split(".") or options.module == module


# Workers


def _judge_all(subjects: Sequence[Subject]) -> Iterator[list[Finding]]:
    """The findings on each subject when it is done; a worker that dies leaves a finding, too."""
    context = multiprocessing.get_context("fork")
    waiting = list(subjects)[::-1]
    running: dict[Any, tuple[Subject, Any, float]] = {}
    asking: dict[Any, bool] = {}
    found: dict[str, list[Finding]] = defaultdict(list)
    while waiting or running:
        while waiting and len(running) < WORKERS:
            subject = waiting.pop()
            receiver, sender = context.Pipe(duplex=False)
            process = context.Process(target=_work, args=(subject, sender), daemon=True)
            process.start()
            sender.close()
            running[receiver] = subject, process, time.monotonic()
        ready: list[Any] = multiprocessing.connection.wait(list(running), timeout=1.0)
        for receiver in ready:
            subject, process, _ = running[receiver]
            own = found[subject.name]
            try:
                said = receiver.recv()
                asking[receiver] = said == ASKING
                own += [said] if isinstance(said, Finding) else []
            except EOFError:
                process.join()
                del running[receiver]
                own += _last_words(subject, own, process.exitcode, asking.get(receiver, False))
                yield own
        for _, process, begin in running.values():
            # The workers watch the time that they compute; this is for those that hang.
            if time.monotonic() - begin > 60 * (SECONDS + ORACLE_SECONDS):
                process.kill()


def _last_words(
    subject: Subject, found: list[Finding], code: int | None, asking: bool
) -> list[Finding]:
    if code == 0:
        return []
    text = found[-1].call if found else subject.calls[0].text
    if asking:
        reason = f"the function itself dies of the oracle's numbers, with code {code}"
        return [Finding(subject.name, text, "?", "undecided", reason)]
    return [Finding(subject.name, text, "?", "crashed", f"the process died with code {code}")]


def _work(subject: Subject, sender: Any) -> None:
    """Send a finding for each derivative of one function; runs in a process of its own."""
    with contextlib.suppress(ImportError, ValueError):
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    with (
        open(os.devnull, "w") as nowhere,
        contextlib.redirect_stdout(nowhere),
        contextlib.redirect_stderr(nowhere),
    ):
        for call in subject.calls:
            for wrt in call.wrt:
                sender.send(ASKING)
                verdicts = _verdicts(subject, call, wrt)
                sender.send(None)
                sender.send(judge(subject, call, wrt, verdicts))
    sender.close()


def _verdicts(subject: Subject, call: Call, wrt: str) -> dict[oracle.Path, oracle.Verdict]:
    argument = call.kwargs[wrt] if wrt in call.kwargs else _positional(subject, call)[wrt]
    paths = list(oracle.paths(argument))
    count = min(len(paths), ENTRIES)
    chosen = [paths[k * (len(paths) - 1) // max(count - 1, 1)] for k in range(count)]
    verdicts: dict[oracle.Path, oracle.Verdict] = {}
    function = _summed(subject.function, call.weights)
    try:
        with within(ORACLE_SECONDS):
            for path in chosen:
                verdicts[path] = oracle.derivative(function, call.args, call.kwargs, wrt, path)
    except OutOfTime:
        return verdicts or {(): oracle.undecided("the oracle takes too long")}
    return verdicts


def _summed(function: Callable[..., Any], weights: Any) -> Callable[..., Any]:
    """The function whose result is the sum of the other's numbers with these weights."""
    if weights is None:
        return function

    @functools.wraps(function)
    def summed(*args: Any, **kwargs: Any) -> Any:
        return _total(function(*args, **kwargs), weights)

    return summed


def _total(result: Any, weights: Any) -> Any:
    if isinstance(weights, (list, tuple)):
        return sum(_total(part, weight) for part, weight in zip(result, weights, strict=True))
    if isinstance(weights, dict):
        return sum(_total(result[key], weight) for key, weight in weights.items())
    return (result * weights).sum() if isinstance(weights, np.ndarray) else result * weights


def _derivatives(subject: Subject, call: Call, wrt: str) -> tuple[Any, dict[str, Any]]:
    """The value that chainrule gives, and the derivative by each of its transforms."""
    import chainrule

    def fresh() -> tuple[tuple[Any, ...], dict[str, Any]]:
        return copy.deepcopy((call.args, call.kwargs))

    if call.weights is not None:
        args, kwargs = fresh()
        product = chainrule.vjp(subject.function, wrt=wrt)
        value, gradient = product(*args, **kwargs, out_bar=copy.deepcopy(call.weights))
        return value, {"vjp": gradient}
    args, kwargs = fresh()
    gradient = chainrule.grad(subject.function, wrt=wrt)(*args, **kwargs)
    args, kwargs = fresh()
    value, again = chainrule.value_and_grad(subject.function, wrt=wrt)(*args, **kwargs)
    return value, {"grad": gradient, "value_and_grad": again}


def _positional(subject: Subject, call: Call) -> dict[str, Any]:
    bound = inspect.signature(subject.function).bind(*call.args, **call.kwargs)
    return dict(bound.arguments)


def judge(
    subject: Subject,
    call: Call,
    wrt: str,
    verdicts: dict[oracle.Path, oracle.Verdict],
) -> Finding:
    """Compare chainrule's derivative with the oracle's verdicts."""
    import chainrule

    def found(category: str, reason: str = "", detail: str = "") -> Finding:
        return Finding(subject.name, call.text, wrt, category, reason, detail)

    args, kwargs = copy.deepcopy((call.args, call.kwargs))
    expected = subject.function(*args, **kwargs)
    settled = {path: verdict for path, verdict in verdicts.items() if verdict.decided}
    try:
        with within(SECONDS):
            value, gradients = _derivatives(subject, call, wrt)
    except OutOfTime:
        return found("crashed", f"takes more than {SECONDS} s")
    except chainrule.ChainruleError as refusal:
        if isinstance(refusal, chainrule.InternalError):
            return found("crashed", first_line(refusal), traceback.format_exc())
        if not settled:
            return found("undecided", _why_undecided(verdicts))
        return found("refused", first_line(refusal), str(refusal))
    except ArithmeticError as error:
        if not str(error).endswith(SINGLE_POINT):
            return found("crashed", first_line(error), traceback.format_exc())
        return found("refused" if settled else "undecided", SINGLE_POINT, str(error))
    except BaseException as error:
        reason = f"{type(error).__name__}: {first_line(error)}"
        return found("crashed", reason, traceback.format_exc())
    if not oracle.same_bits(value, expected) and _repeatable(subject, call):
        return found("wrong", "the value is not f's", f"{value!r} for {expected!r}")
    if not settled:
        return found("undecided", _why_undecided(verdicts))
    for path, verdict in settled.items():
        for name, result in gradients.items():
            try:
                number = float(oracle.look_up(result, path))
            except (KeyError, TypeError, ValueError):
                return found("wrong", f"{name} has another structure", repr(result))
            if not oracle.agrees(verdict, number):
                detail = f"{number!r} for {verdict.value!r} ({verdict.reason})"
                return found("wrong", f"{name} differs", detail)
    return found("correct")


def _repeatable(subject: Subject, call: Call) -> bool:
    """Whether the function gives the same value twice: some problems add noise."""
    runs = [copy.deepcopy((call.args, call.kwargs)) for _ in range(2)]
    first, second = [subject.function(*args, **kwargs) for args, kwargs in runs]
    return oracle.same_bits(first, second)


def first_line(error: BaseException) -> str:
    """The first line of a message, without the position that it starts with."""
    lines = str(error).splitlines() or [""]
    line = re.sub(r"^\S*?:\d+(:\d+)?: ", "", lines[0])
    # Names that were made up carry numbers: what differs by them only is one reason.
    return re.sub(r"'t\d+'", "'t...'", line)


def _why_undecided(verdicts: dict[oracle.Path, oracle.Verdict]) -> str:
    reasons = {verdict.reason.partition(":")[0]: None for verdict in verdicts.values()}
    return "; ".join(reasons)


# The report


def _report(
    console: Console, subjects: Sequence[Subject], findings: list[Finding], show: str | None
) -> None:
    by_subject: dict[str, list[Finding]] = defaultdict(list)
    for finding in findings:
        by_subject[finding.subject].append(finding)
    functions = Counter(_together(by_subject[subject.name]) for subject in subjects)
    derivatives = Counter(finding.category for finding in findings)
    table = Table(box=None, pad_edge=False)
    for heading in ("", "functions", "of sound", "derivatives", "of sound"):
        table.add_column(heading, justify="right" if heading else "left")
    for category in CATEGORIES:
        cells = [category]
        for count in (functions, derivatives):
            cells += [str(count[category]), _share(count, category)]
        table.add_row(*cells)
    for title, category in (
        ("Wrong", "wrong"),
        ("Crashes", "crashed"),
        ("Refusals", "refused"),
        ("Undecided", "undecided"),
    ):
        _print_reasons(console, title, [each for each in findings if each.category == category])
    if show:
        for finding in findings:
            if finding.category == show:
                console.rule(escape(finding.subject), align="left")
                console.print(escape(f"{finding.call}  by {finding.wrt}: {finding.reason}"))
                if finding.detail:
                    console.print(escape(finding.detail))
    console.print()
    console.print(table)


def _together(findings: Sequence[Finding]) -> str:
    """The category of a function from those of its derivatives: the worst that matters."""
    found = {finding.category for finding in findings}
    for category in ("crashed", "wrong", "refused", "correct"):
        if category in found:
            return category
    return "undecided"


def _share(count: Counter[str], category: str) -> str:
    sound = sum(count.values()) - count["undecided"]
    return f"{count[category] / sound:.1%}" if sound and category != "undecided" else ""


def _print_reasons(console: Console, title: str, findings: list[Finding]) -> None:
    if not findings:
        return
    groups: dict[str, list[Finding]] = defaultdict(list)
    for finding in findings:
        groups[finding.reason].append(finding)
    console.print(f"\n[bold]{title}[/bold] (derivatives, functions, reason, one example)")
    for reason, group in sorted(groups.items(), key=lambda item: (-len(item[1]), item[0]))[:40]:
        names = len({finding.subject for finding in group})
        one = group[0]
        place = re.match(r"\S*?([^/\s]+:\d+)(:\d+)?: ", one.detail)
        where = f", {place[1]}" if place else ""
        line = f"{len(group):5} {names:4}  {reason}  [{one.subject} by {one.wrt}{where}]"
        console.print(escape(line), soft_wrap=True)
