"""Products of arrays in the words of the standard; an ``einsum`` is one of its others."""

from __future__ import annotations

import ast

from chainrule.emit.plan import Value
from chainrule.emit.targets import Spelling
from chainrule.emit.targets.array_api.words import as_float, call, rank_of
from chainrule.emit.wording.unit_axes import statics


def summed_product(speller: Spelling, value: Value, args: list[ast.expr]) -> ast.expr:
    """An ``einsum``: ``xp.sum(a * w[:, None], axis=1)``."""
    inputs, arrow, result = str(statics(value)["subscripts"]).replace(" ", "").partition("->")
    operands = inputs.split(",")
    letters = sorted(set(inputs) - {","})
    parts = (*operands, result)
    ordered = all(sorted(set(part)) == list(part) for part in parts)
    if arrow and "." not in letters and _is_contraction(operands, result, ordered):
        return _contraction(speller, operands, result, args)
    once = all(len(set(part)) == len(part) for part in parts) and "." not in letters
    if not (arrow and once) or (set(letters) != set(result) and not ordered):
        raise speller.refusal(value, "`numpy.einsum`")
    letters = letters if ordered else list(result)
    factors = []
    for operand, arg in zip(operands, args, strict=True):
        kept = [letter for letter in letters if letter in operand]
        if kept != list(operand):
            order = tuple(operand.index(letter) for letter in kept)
            arg = call("permute_dims", arg, speller.constant(order))
        key = ", ".join(":" if letter in operand else "None" for letter in letters)
        factors.append(speller.written(f"_0_[{key}]", arg) if "None" in key else arg)
    product = factors[0]
    for factor in factors[1:]:
        product = ast.BinOp(product, ast.Mult(), factor)
    gone = tuple(k for k, letter in enumerate(letters) if letter not in result)
    if not gone:
        return product
    return call("sum", product, axis=speller.constant(gone if len(gone) > 1 else gone[0]))


def _is_contraction(operands: list[str], result: str, ordered: bool) -> bool:
    """Whether two arrays are multiplied along axes that they share, and the others are kept.

    Where one of them has no others, a product and a sum are as good.
    """
    if len(operands) != 2 or any(len(set(part)) < len(part) for part in (*operands, result)):
        return False
    one, other = map(set, operands)
    apart = one - other and other - one
    return bool(one & other) and one ^ other == set(result) and bool(apart or not ordered)


def _contraction(
    speller: Spelling, operands: list[str], result: str, args: list[ast.expr]
) -> ast.expr:
    """``xp.tensordot``, with the axes in the order that is asked for."""
    one, other = operands
    shared = [letter for letter in one if letter in other]
    axes = tuple(tuple(part.index(letter) for letter in shared) for part in operands)
    found = call("tensordot", *args, axes=speller.constant(axes))
    kept = [letter for letter in one + other if letter not in shared]
    order = tuple(kept.index(letter) for letter in result)
    if order == tuple(range(len(order))):
        return found
    return call("permute_dims", found, speller.constant(order))


def product(speller: Spelling, value: Value, args: list[ast.expr]) -> ast.expr:
    """``@``; with a number ``*``."""
    if min(map(rank_of, value.args)) == 0:
        return ast.BinOp(args[0], ast.Mult(), args[1])
    if value.op.name == "dot" and rank_of(value.args[1]) > 2:
        raise speller.refusal(value, "`numpy.dot` of a stack of matrices", "Use @.")
    left, right = (as_float(a, w) for a, w in zip(value.args, args, strict=True))
    return ast.BinOp(left, ast.MatMult(), right)


def outer(speller: Spelling, value: Value, args: list[ast.expr]) -> ast.expr:
    """``linalg.outer``, as a product of a column and a row."""
    return speller.written("_0_[:, None] * _1_[None, :]", *args)


def contracted(speller: Spelling, value: Value, args: list[ast.expr]) -> ast.expr:
    """``tensordot``."""
    return call("tensordot", *args, axes=speller.constant(statics(value)["axes"]))


def powered(speller: Spelling, value: Value, args: list[ast.expr]) -> ast.expr:
    """``linalg.matrix_power``."""
    return call("linalg.matrix_power", args[0], speller.constant(statics(value)["n"]))
