"""Formulas that are read from texts by recursive descent: the text is known, the numbers vary."""

from __future__ import annotations

import math
import re

import pytest

from chainrule import value_and_grad
from tests.slopes import check_slopes

TOKEN = re.compile(r"\s*(?:(\d+\.?\d*)|(\w+)|(.))")


class Parser:
    def __init__(self, text, variables):
        self.tokens = re.findall(r"\d+\.?\d*|[a-z]+|[-+*/^()]", text)
        self.position = 0
        self.variables = variables

    def peek(self):
        return self.tokens[self.position] if self.position < len(self.tokens) else None

    def take(self):
        token = self.tokens[self.position]
        self.position += 1
        return token

    def sum(self):
        value = self.product()
        while self.peek() in ("+", "-"):
            if self.take() == "+":
                value += self.product()
            else:
                value -= self.product()
        return value

    def product(self):
        value = self.power()
        while self.peek() in ("*", "/"):
            operator = self.take()
            other = self.power()
            value = value * other if operator == "*" else value / other
        return value

    def power(self):
        base = self.atom()
        if self.peek() == "^":
            self.take()
            return base ** self.power()
        return base

    def atom(self):
        token = self.take()
        if token == "(":
            value = self.sum()
            self.take()
            return value
        if token == "-":
            return -self.atom()
        if token in ("sin", "exp"):
            self.take()
            value = self.sum()
            self.take()
            return getattr(math, token)(value)
        return self.variables[token] if token.isalpha() else float(token)


def by_methods(x, y):
    return Parser("2*x + sin(x*y)^2 - (y - 1)/x", {"x": x, "y": y}).sum()


def by_closures(x, y):
    text, position, variables = "x*(x+y)*y+3*x", 0, {"x": x, "y": y}

    def peek():
        return text[position] if position < len(text) else ""

    def advance():
        nonlocal position
        character = text[position]
        position += 1
        return character

    def sum_of_products():
        value = product()
        while peek() == "+":
            advance()
            value += product()
        return value

    def product():
        value = atom()
        while peek() == "*":
            advance()
            value *= atom()
        return value

    def atom():
        character = advance()
        if character == "(":
            value = sum_of_products()
            advance()
            return value
        return float(character) if character.isdigit() else variables[character]

    return sum_of_products()


def by_binding_powers(x, y):
    tokens = [m.group().strip() for m in TOKEN.finditer("x * y + 2 * ( x - y ) * x - y")]
    powers = {"+": 1, "-": 1, "*": 2}
    variables = {"x": x, "y": y}

    def parse(least):
        token = tokens.pop(0)
        if token == "(":
            left = parse(0)
            tokens.pop(0)
        else:
            left = variables[token] if token in variables else float(token)
        while tokens and tokens[0] in powers and powers[tokens[0]] > least:
            operator = tokens.pop(0)
            right = parse(powers[operator])
            if operator == "*":
                left = left * right
            else:
                left = left + right if operator == "+" else left - right
        return left

    return parse(0)


def by_an_iterator(x, y):
    variables = {"x": x, "y": y}
    tokens = iter("( + ( * x y ) ( * x 3 ) )".split())  # noqa: SIM905

    def parse():
        token = next(tokens)
        if token != "(":
            return variables[token] if token in variables else float(token)
        operator = next(tokens)
        left, right = parse(), parse()
        next(tokens)
        return left + right if operator == "+" else left * right

    return parse()


def by_lists(x, y):
    def read(tokens):
        token = tokens.pop(0)
        if token != "(":
            return token
        found = []
        while tokens[0] != ")":
            found.append(read(tokens))
        tokens.pop(0)
        return found

    def evaluated(tree, variables):
        if isinstance(tree, str):
            return variables[tree] if tree in variables else float(tree)
        operator, *parts = tree
        values = [evaluated(part, variables) for part in parts]
        if operator == "+":
            return sum(values)
        return math.prod(values) if operator == "*" else math.sin(values[0])

    text = "( + ( * x y 2 ) ( sin x ) y )"
    return evaluated(read(text.split()), {"x": x, "y": y})


@pytest.mark.parametrize(
    "f", [by_methods, by_closures, by_binding_powers, by_an_iterator, by_lists]
)
def test_what_a_parser_computes_of_a_known_text_has_its_slopes(f):
    check_slopes(f, (0.7, 1.2), "auto")


def test_another_text_is_another_formula():
    def parsed(text, x):
        return Parser(text, {"x": x}).sum()

    slope = value_and_grad(parsed, wrt="x")
    assert slope("x*(x+3)", 0.5) == (1.75, 4.0)
    assert slope("x*x*x", 0.5) == (0.125, 0.75)


def test_words_of_a_text_that_is_taken_apart_are_a_list_of_their_own():
    def counted(x):
        words = "a b c".split()  # noqa: SIM905
        words.pop(0)
        words.append("d")
        return x * x * len(words) if words[-1] == "d" else x

    assert value_and_grad(counted)(0.5) == (0.75, 3.0)
