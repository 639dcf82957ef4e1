"""``match``: which pattern a value fits, and the names that the pattern binds to its parts."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Callable, Sequence
from typing import Any

from chainrule.graph.node import Node
from chainrule.graph.types import BOOL, FLOAT, INT
from chainrule.lift.branches.attempts import Attempts
from chainrule.lift.core import Completion
from chainrule.lift.values import DictBox, ListBox, ObjectBox, Static, TupleValue, Value

# What a pattern binds: names with their values.
Bound = list[tuple[str, Value]]
Test = Callable[[], Value]
# Classes of which a pattern has one part: the value itself.
WHOLE = (bool, bytes, dict, float, int, list, set, str, tuple)


class Patterns(Attempts):
    """Lifts ``match``."""

    def match(self, node: Any) -> Completion:
        """Run the first case that fits."""
        return self._match_from(node, self.expression(node.subject), 0)

    def _match_from(self, node: Any, subject: Value, position: int) -> Completion:
        if position == len(node.cases):
            return Completion.FALLS
        case = node.cases[position]
        bound: Bound = []
        test = self._pattern(case.pattern, subject, node, bound)

        def then() -> Completion:
            for name, value in bound:
                self.bind(name, value)
            if case.guard is not None:
                guard = self.expression(case.guard)
                known, truth = self.truth(guard)
                if known:
                    return (
                        self.statements(case.body)
                        if truth
                        else self._match_from(node, subject, position + 1)
                    )
                return self.branch(
                    self.predicate(guard),
                    lambda: self.statements(case.body),
                    lambda: self._match_from(node, subject, position + 1),
                    "statement",
                )
            return self.statements(case.body)

        known, truth = self.truth(test)
        if known:
            return then() if truth else self._match_from(node, subject, position + 1)
        return self.branch(
            self.predicate(test),
            then,
            lambda: self._match_from(node, subject, position + 1),
            "statement",
        )

    def _pattern(self, pattern: Any, subject: Value, node: ast.AST, bound: Bound) -> Value:
        """Whether ``subject`` matches; what is bound then is added to ``bound``."""
        match pattern:
            case ast.MatchValue():
                return self.compare(ast.Eq, subject, self.expression(pattern.value), node)
            case ast.MatchSingleton():
                return self.compare(ast.Is, subject, self.wrap(pattern.value), node)
            case ast.MatchOr():
                return self._any_pattern(pattern.patterns, subject, node, bound)
            case ast.MatchAs():
                inner = pattern.pattern
                found: Value = Static(True)
                if inner is not None:
                    found = self._pattern(inner, subject, node, bound)
                if pattern.name:
                    bound.append((pattern.name, subject))
                return found
            case ast.MatchClass():
                return self._class_pattern(pattern, subject, node, bound)
            case ast.MatchSequence():
                return self._sequence_pattern(pattern, subject, node, bound)
            case ast.MatchMapping() if pattern.rest is None:
                return self._mapping_pattern(pattern, subject, node, bound)
        raise self._takes_apart(node)

    def _takes_apart(self, node: ast.AST) -> Exception:
        return self.unsupported(
            "a match pattern that takes this value apart",
            "Match on values, or use if and elif.",
            node,
        )

    def _any_pattern(
        self, patterns: Sequence[Any], subject: Value, node: ast.AST, bound: Bound
    ) -> Value:
        own: Bound = []
        test = self._pattern(patterns[0], subject, node, own)
        known, truth = self.truth(test)
        if len(patterns) == 1 or (known and truth):
            bound += own
            return test
        if known:
            return self._any_pattern(patterns[1:], subject, node, bound)
        if own:
            raise self.unsupported(
                "a match pattern that binds names in one of several ways",
                "Write a case for each.",
                node,
            )
        return self.choose(
            self.predicate(test),
            lambda: test,
            lambda: self._any_pattern(patterns[1:], subject, node, own),
            "or",
        )

    def _all(self, tests: Sequence[Test]) -> Value:
        """Whether all tests hold, asked in order until one does not."""
        if not tests:
            return Static(True)
        first = tests[0]()
        known, truth = self.truth(first)
        if known:
            return self._all(tests[1:]) if truth else first
        if len(tests) == 1:
            return first
        return self.choose(
            self.predicate(first), lambda: self._all(tests[1:]), lambda: first, "and"
        )

    def _parts_fit(
        self, patterns: Sequence[Any], parts: Sequence[Value], node: ast.AST, bound: Bound
    ) -> Value:
        """Whether each part fits its pattern."""

        def test(pattern: Any, part: Value) -> Test:
            return lambda: self._pattern(pattern, part, node, bound)

        return self._all([test(*each) for each in zip(patterns, parts, strict=True)])

    def _class_pattern(self, pattern: Any, subject: Value, node: ast.AST, bound: Bound) -> Value:
        kind = self.expression(pattern.cls)
        if not isinstance(kind, Static) or not isinstance(kind.value, type):
            raise self._takes_apart(node)
        test = self.call(Static(builtins.isinstance), [subject, kind], {}, node)
        known, truth = self.truth(test)
        if known and not truth:
            return test
        if not known and (pattern.patterns or pattern.kwd_patterns):
            raise self._takes_apart(node)
        if (
            pattern.patterns
            and issubclass(kind.value, WHOLE)
            and not hasattr(kind.value, "_fields")
        ):
            return self._parts_fit(pattern.patterns, [subject], node, bound)
        names = getattr(kind.value, "__match_args__", ())[: len(pattern.patterns)]
        parts = [
            self.attribute(self.read(subject), name, node) for name in (*names, *pattern.kwd_attrs)
        ]
        patterns = [*pattern.patterns, *pattern.kwd_patterns]
        if len(parts) < len(patterns):
            raise self._takes_apart(node)
        return self._parts_fit(patterns, parts, node, bound) if patterns else test

    def _sequence_pattern(self, pattern: Any, subject: Value, node: ast.AST, bound: Bound) -> Value:
        if isinstance(self.read(subject), (ObjectBox, DictBox)) or _is_plain(subject):
            return Static(False)
        items = self.known_items(subject)
        if items is None or not isinstance(self.read(subject), (TupleValue, ListBox)):
            raise self._takes_apart(node)
        patterns = pattern.patterns
        stars = [k for k, part in enumerate(patterns) if isinstance(part, ast.MatchStar)]
        wanted = len(patterns) - len(stars)
        if len(items) < wanted or (len(items) > wanted and not stars):
            return Static(False)
        if stars:
            (star,) = stars
            stop = len(items) - (len(patterns) - star - 1)
            if patterns[star].name:
                middle = ListBox()
                self.state[middle] = items[star:stop]
                bound.append((patterns[star].name, middle))
            items = [*items[:star], *items[stop:]]
            patterns = [*patterns[:star], *patterns[star + 1 :]]
        return self._parts_fit(patterns, items, node, bound)

    def _mapping_pattern(self, pattern: Any, subject: Value, node: ast.AST, bound: Bound) -> Value:
        subject = self.read(subject)
        if isinstance(subject, (ObjectBox, TupleValue, ListBox)) or _is_plain(subject):
            return Static(False)
        if not isinstance(subject, DictBox):
            raise self._takes_apart(node)
        content = self.entries(subject)
        keys = [self.static_value(self.expression(key)) for key in pattern.keys]
        if not all(known for known, _ in keys):
            raise self._takes_apart(node)
        if any(key not in content for _, key in keys):
            return Static(False)
        return self._parts_fit(pattern.patterns, [content[key] for _, key in keys], node, bound)

    # Given by the other parts of the lifter.

    def attribute(self, owner: Value, name: str, node: ast.AST) -> Value:
        raise NotImplementedError


def _is_plain(value: Value) -> bool:
    """Whether a value is a number, a word or None: it has no parts."""
    if isinstance(value, Node):
        return value.type in (FLOAT, INT, BOOL)
    return isinstance(value, Static) and isinstance(value.value, (str, bool, type(None)))
