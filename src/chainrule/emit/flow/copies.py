"""Copies of statements: what follows a branch may be written into each of its arms."""

from __future__ import annotations

from chainrule.emit.plan import (
    Attempt,
    Branch,
    Break,
    Continue,
    Define,
    For,
    Move,
    Return,
    Statement,
    Unpack,
    Value,
    While,
)


def clone(statements: list[Statement], mapping: dict[Value, Value]) -> list[Statement]:
    """A copy with fresh values, reading ``mapping`` instead of its keys; extends ``mapping``."""
    return [_clone_one(statement, mapping) for statement in statements]


def clone_value(value: Value, mapping: dict[Value, Value]) -> Value:
    """A fresh copy of a value and of its captives."""
    copy = Value(value.op, [], value.params, value.type, value.origin, value.serial)
    copy.user_name, copy.hint, copy.captive = value.user_name, value.hint, value.captive
    copy.whole = value.whole
    copy.args = [
        clone_value(arg, mapping) if arg.captive else mapping.get(arg, arg) for arg in value.args
    ]
    mapping[value] = copy
    return copy


def _clone_one(statement: Statement, mapping: dict[Value, Value]) -> Statement:
    def read(value: Value) -> Value:
        return mapping.get(value, value)

    match statement:
        case Define(value=value):
            return Define(clone_value(value, mapping))
        case Move(targets=targets, sources=sources):
            return Move([read(target) for target in targets], [read(source) for source in sources])
        case Unpack(targets=targets, source=source):
            fresh = [target and clone_value(target, mapping) for target in targets]
            return Unpack(fresh, read(source))
        case Branch(test=test, then=then, orelse=orelse, origin=origin):
            return Branch(read(test), clone(then, mapping), clone(orelse, mapping), origin)
        case For(iterable=iterable, body=body, orelse=orelse, origin=origin):
            over = clone_value(iterable, mapping) if iterable.captive else read(iterable)
            body = clone(body, mapping)
            return For(statement.target, over, body, origin, clone(orelse, mapping))
        case While(condition=condition, test=test, body=body, orelse=orelse, origin=origin):
            before = clone(condition, mapping)
            body = clone(body, mapping)
            return While(before, read(test), body, origin, clone(orelse, mapping))
        case Attempt(body=body, handlers=handlers, origin=origin):
            copied = [(text, name, clone(block, mapping)) for text, name, block in handlers]
            return Attempt(clone(body, mapping), copied, origin)
        case Return(value=value):
            return Return(read(value))
        case Break():
            return Break()
        case Continue():
            return Continue()
    raise AssertionError(f"{type(statement).__name__} is not copied")
