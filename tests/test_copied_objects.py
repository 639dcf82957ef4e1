"""Copies of objects whose classes have a say in how they are copied, and what is done to them."""

from __future__ import annotations

import copy
import math
import uuid

import pytest

from chainrule import UnsupportedError, grad
from tests.slopes import check_against_oracle


class Player:
    """Has a name of its own, which a copy keeps, and an order."""

    def __init__(self, skill, spread):
        self.id = uuid.uuid4().hex.lower()
        self.skill = skill
        self.spread = spread

    def __deepcopy__(self, memo=None):
        made = Player(self.skill, self.spread)
        made.id = self.id
        return made

    def __copy__(self):
        return Player(self.skill, 3.0 * self.spread)

    def rank(self):
        return self.skill - 3.0 * self.spread


class Rating:
    def __init__(self, total, team):
        self.total = total
        self.team = team


def rated(teams):
    ratings = []
    for team in teams:
        ordered = sorted(team, key=lambda player: player.rank(), reverse=True)
        best = ordered[0].rank()
        total = 0.0
        for player in ordered:
            total += player.skill * (1.0 + (best - player.rank()) / 7.0) + player.spread**2
        ratings.append(Rating(total, team))
    return ratings


def of_teams(x):
    given = [[Player(x, 1.0)], [Player(2.0, 1.5), Player(1.0, x)]]
    teams = copy.deepcopy(given)
    for i, team in enumerate(teams):
        for j, player in enumerate(team):
            teams[i][j].spread = math.sqrt(player.spread * player.spread + 0.1)
    first, second = rated(teams)
    for player in second.team:
        player.skill += first.total
    return second.total * teams[1][0].skill + given[1][1].spread * given[1][0].skill


def of_lists(x):
    teams = [[Player(x, 1.0)], [Player(2.0, 1.5), Player(1.0, x)]]
    return math.prod(rating.total for rating in rated(list(teams)))


def shallow(x):
    player = Player(x, x)
    other = copy.copy(player)
    other.skill = 5.0
    return player.skill * other.skill * other.spread


class Holder:
    """Copies what it holds with the memo that it is given."""

    def __init__(self, held, scale):
        self.held = held
        self.again = held
        self.scale = scale

    def __deepcopy__(self, memo):
        made = Holder(copy.deepcopy(self.held, memo), 2.0 * self.scale)
        made.again = copy.deepcopy(self.again, memo)
        return made


class Held:
    def __init__(self, value):
        self.value = value


def held_twice(x):
    held = Held(x)
    first, second = copy.deepcopy([Holder(held, x), held])
    first.held.value = x * x
    return first.again.value * second.value * first.scale + held.value


def held_by_branches(x):
    class Chosen(Holder):
        def __deepcopy__(self, memo):
            made = Chosen(self.held, self.scale)
            if self.scale > 1.0:
                made.held = copy.deepcopy(self.held, memo)
            made.again = copy.deepcopy(self.again, memo)
            return made

    chosen = copy.deepcopy(Chosen(Held(x), x))
    return chosen.held.value**2 * chosen.again.value


def in_a_dict(x):
    player = Player(x, x)
    copied = copy.deepcopy({"one": player, "two": [player, player]})
    copied["one"].skill = 7.0 * x
    return copied["two"][0].skill * copied["two"][1].spread


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize(
    "f", [of_teams, of_lists, shallow, held_twice, held_by_branches, in_a_dict]
)
def test_a_class_that_copies_its_objects_itself_is_asked(f, mode):
    check_against_oracle(f, (1.5,), mode=mode)


class Forgetful:
    """A copy of it has no cache."""

    def __init__(self, value):
        self.value = value
        self.cache = value * value

    def __getstate__(self):
        return {"value": self.value, "cache": 0.0}


def forgotten(x):
    copied = copy.deepcopy(Forgetful(x))
    return copied.value + copied.cache


def forgotten_at_once(x):
    copied = copy.copy(Forgetful(x))
    return copied.value + copied.cache


class Reduced:
    def __init__(self, value):
        self.value = value

    def __reduce__(self):
        return Reduced, (2.0 * self.value,)


def reduced(x):
    return copy.deepcopy([Reduced(x)])[0].value


@pytest.mark.parametrize(
    ("f", "method"),
    [
        (forgotten, "__getstate__"),
        (forgotten_at_once, "__getstate__"),
        (reduced, "__reduce__"),
    ],
)
def test_what_pickling_would_leave_out_of_a_copy_is_not_copied_in_silence(f, method):
    with pytest.raises(UnsupportedError, match=f"of an object whose class has `{method}`"):
        grad(f)(1.5)
