"""Sums that a variable takes part in as what is added to it: ``x += a - b``."""

from __future__ import annotations

import ast

from chainrule.primitives.arithmetic import add, divide, multiply, subtract

SUMS = (add, subtract)
# What has an augmented assignment of its own.
AUGMENTED = (add, subtract, multiply, divide)

Terms = list[tuple[bool, ast.expr]]


def accumulation(target: ast.expr, written: ast.expr) -> ast.AugAssign | None:
    """The augmented assignment for ``x = x + a - b``, None where x is no term of the sum."""
    if not isinstance(target, ast.Name):
        return None
    terms = _terms(written)
    own = next((k for k, (plus, term) in enumerate(terms) if plus and _is(term, target.id)), None)
    if own is None or len(terms) == 1:
        return None
    rest = terms[:own] + terms[own + 1 :]
    adds = [term for plus, term in rest if plus]
    takes = [term for plus, term in rest if not plus]
    if not adds:
        return ast.AugAssign(target, ast.Sub(), _sum(takes, []))
    return ast.AugAssign(target, ast.Add(), _sum(adds, takes))


def _is(term: ast.expr, name: str) -> bool:
    return isinstance(term, ast.Name) and term.id == name


def _terms(written: ast.expr) -> Terms:
    """The terms of a sum from left to right, each with whether it is added."""
    found: Terms = []
    while isinstance(written, ast.BinOp) and isinstance(written.op, (ast.Add, ast.Sub)):
        found.append((isinstance(written.op, ast.Add), written.right))
        written = written.left
    return [(True, written), *reversed(found)]


def _sum(adds: list[ast.expr], takes: list[ast.expr]) -> ast.expr:
    found, *others = adds
    for term in others:
        found = ast.BinOp(found, ast.Add(), term)
    for term in takes:
        found = ast.BinOp(found, ast.Sub(), term)
    return found
