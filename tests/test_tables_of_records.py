"""Dicts of run-time keys that hold objects, dicts, tuples of mixed kinds, and lists of these."""

from __future__ import annotations

import heapq
from collections import defaultdict, deque
from dataclasses import dataclass

import numpy as np
import pytest

from chainrule import UnsupportedError, value_and_grad
from tests.differences import along, partials


@dataclass
class Account:
    balance: float
    rate: float = 0.5

    def grow(self, by):
        self.balance *= 1.0 + self.rate * by


class Statistics:
    def __init__(self):
        self.count, self.total, self.squares = 0, 0.0, 0.0

    def add(self, value):
        self.count += 1
        self.total += value
        self.squares += value * value

    def variance(self):
        return self.squares / self.count - (self.total / self.count) ** 2


ROADS = [("s", "a"), ("s", "bb"), ("a", "bb"), ("bb", "t"), ("a", "t"), ("t", "s")]


def shortest_path(w):
    roads = defaultdict(list)
    for (start, end), length in zip(ROADS, w, strict=True):
        roads[start].append((end, length))
        roads[end].append((start, length * length))
    best = {"s": 0.0}
    queue, done = [(0.0, "s")], set()
    while queue:
        cost, at = heapq.heappop(queue)
        if at in done:
            continue
        done.add(at)
        for following, length in roads[at]:
            if following not in best or cost + length < best[following]:
                best[following] = cost + length
                heapq.heappush(queue, (cost + length, following))
    return best["t"] ** 2 + best["bb"]


def flow_through_a_queue(w):
    following = {}
    for (start, end), part in zip(ROADS, w, strict=True):
        if start not in following:
            following[start] = []
        following[start].append((end, part))
    flow, queue = {"s": w[5] * w[0]}, deque(["s"])
    while queue:
        at = queue.popleft()
        if at == "t":
            continue
        for end, part in following[at]:
            if end not in flow:
                flow[end] = 0.0
                queue.append(end)
            flow[end] += flow[at] * part
    return flow["t"] ** 2


PARTS = [("s", 0.5, 2), ("bb", 0.25, 1), ("s", 0.125, 3)] * 20


def tables_of_words_and_numbers(w):
    total, by_name = 0.0, {}
    for name, factor, power in PARTS:
        total += factor * w[power] ** power * len(name)
        by_name[name] = by_name.get(name, 0.0) + factor * w[0]
    name, factor, power = PARTS[int(w[1])]
    return total * factor + sum(value * value for value in by_name.values())


def ranks_of_pages(w):
    links = {}
    for (start, end), weight in zip(ROADS, w, strict=True):
        links.setdefault(start, []).append((end, weight))
        links.setdefault(end, [])
    rank = dict.fromkeys(links, 1.0)
    for _ in range(4):
        following = dict.fromkeys(links, 0.15)
        for page in links:
            total = sum(weight for _, weight in links[page])
            for end, weight in links[page]:
                following[end] += 0.85 * rank[page] * weight / total
        rank = following
    return sum(value * value for value in rank.values()) + rank["bb"]


def rows_are_read_and_filled_in_turn(w):
    rows = [[] for _ in range(3)]
    total = 0.0
    for k, x in enumerate(w):
        row = rows[k % 3]
        row.append(("even" if k % 2 else "odd", x))
        row.append(("same", x * x))
        total += len(row) * row[-1][1] + rows[0][0][1] * len(rows[0][-1][0])
    for row in rows:
        total += max(value for _, value in row)
    return total


def accounts_by_name(w):
    accounts = {"a": Account(w[0], 0.1), "b": Account(w[1], 0.2), "c": Account(1.0, 0.3)}
    names = ["a", "b", "c", "a"]
    for k, x in enumerate(w):
        giver, taker = accounts[names[k % 4]], accounts[names[(k + 1) % 4]]
        part = giver.balance * giver.rate
        giver.balance -= part
        taker.balance += part * x
    return sum(account.balance**2 for account in accounts.values()) + accounts["a"].balance


def accounts_that_are_made_where_they_are_missing(w):
    accounts = {}
    for (name, other), x in zip(ROADS, w, strict=True):
        if name not in accounts:
            accounts[name] = Account(100.0, x)
        account = accounts.get(other)
        if account is None:
            account = Account(x * x)
            accounts[other] = account
        accounts[name].balance -= x
        account.grow(x)
    return sum(account.balance**2 * len(name) for name, account in accounts.items())


def an_object_is_replaced_by_another(w):
    accounts, total = {}, 0.0
    for (name, _), x in zip(ROADS, w, strict=True):
        if name in accounts:
            total += accounts[name].balance
        accounts[name] = Account(x * len(name) + total * total)
    return total + sum(account.balance for account in accounts.values())


def the_last_one_is_held_by_name(w):
    accounts, last = {}, None
    for (name, _), x in zip(ROADS, w, strict=True):
        if name not in accounts:
            accounts[name] = Account(x)
        account = accounts[name]
        account.grow(x)
        if last is not None:
            last.balance += account.balance
        last = account
    return sum(account.balance**2 for account in accounts.values())


def statistics_of_groups(w):
    groups = defaultdict(Statistics)
    for (name, _), x in zip(ROADS, w, strict=True):
        groups[name].add(x)
    return sum(groups[name].variance() * (k + 1) for k, name in enumerate(sorted(groups)))


def dicts_of_one_layout(w):
    sums = {}
    for (name, _), x in zip(ROADS, w, strict=True):
        held = sums.setdefault(name, {"count": 0, "sum": 0.0})
        held["count"] += 1
        held["sum"] += x * x
    return sum(held["sum"] / held["count"] for held in sums.values())


def words_and_numbers(w):
    best = {}
    for (name, other), x in zip(ROADS, w, strict=True):
        if name not in best or x > best[name][1]:
            best[name] = (other, x)
    return sum(x * x * len(other) for other, x in best.values())


PROGRAMS = (
    shortest_path,
    flow_through_a_queue,
    tables_of_words_and_numbers,
    ranks_of_pages,
    rows_are_read_and_filled_in_turn,
    accounts_by_name,
    accounts_that_are_made_where_they_are_missing,
    an_object_is_replaced_by_another,
    the_last_one_is_held_by_name,
    statistics_of_groups,
    dicts_of_one_layout,
    words_and_numbers,
)
NUMBERS = [0.91, 2.3, 0.47, 1.2, 1.64, 0.73]


@pytest.mark.parametrize("f", PROGRAMS, ids=lambda f: f.__name__)
def test_slopes_through_dicts_of_records_are_those_of_differences(f):
    value, slopes = value_and_grad(f)(list(NUMBERS))
    assert value == f(list(NUMBERS))
    assert any(slopes)
    for found, (slope, noise) in zip(slopes, partials(lambda *w: f(list(w)), NUMBERS), strict=True):
        np.testing.assert_allclose(found, slope, rtol=1e-7, atol=1e-9 + 10.0 * noise)


def another_dict_in_each_step(x, names):
    old, total = dict.fromkeys(names, x), 0.0
    for _ in range(3):
        new = {name: old[name] * x for name in names}
        new["a"] += old["z"]
        old = new
        new["a"] += 1.0
        total += old["a"]
    return total


def another_dict_in_some_step(x, names):
    old = dict.fromkeys(names, x)
    first = old
    for k in range(3):
        old["a"] *= x
        if k == 1:
            old = dict.fromkeys(names, x * x)
    return old["a"] + first["a"] * 2.0


def old_one_is_read_after_another_came(x, names):
    accounts = {"z": Account(x)}
    old = accounts["z"]
    for name in names:
        accounts[name[:1]] = Account(x * x)
    return old.balance + accounts["z"].balance


def one_object_under_two_keys(x, names):
    accounts = {}
    for name in names:
        account = Account(x)
        accounts[name] = account
        accounts[name + "!"] = account
        accounts[name].grow(x)
    return sum(account.balance for account in accounts.values())


def written_by_its_own_name(x, names):
    accounts = {}
    for name in names:
        account = Account(x)
        accounts[name] = account
        accounts[name].grow(x)
        account.balance += x
    return sum(account.balance for account in accounts.values())


def chosen_and_written_elsewhere(x, names):
    rows = {"a": [("p", x)], "z": [("q", 2.0 * x)]}
    row = rows[names[0]]
    for name in names:
        rows[name].append(("r", x * x))
    return sum(value * len(row) for _, value in row)


@pytest.mark.parametrize(
    "f",
    [
        another_dict_in_each_step,
        another_dict_in_some_step,
        old_one_is_read_after_another_came,
        one_object_under_two_keys,
        written_by_its_own_name,
        chosen_and_written_elsewhere,
    ],
)
def test_one_object_under_two_names_is_right_or_refused(f):
    names = ["a", "z", "a", "z"] * 15
    try:
        value, slope = value_and_grad(f)(0.31, names)
    except UnsupportedError as refusal:
        assert refusal.remedy
    else:
        assert value == f(0.31, names)
        assert slope == pytest.approx(float(along(lambda t: f(0.31 + t, names))[0]), rel=1e-7)
