"""Rows of a list that one arm of a branch reads while another one writes to them."""

from __future__ import annotations

import pytest

from tests.slopes import check_slopes


def add_conductance(matrix, node, conductance):
    if node:
        matrix[node - 1][node - 1] += conductance


class Resistor:
    def __init__(self, node, conductance):
        self.node, self.conductance = node, conductance

    def stamp(self, matrix, currents):
        add_conductance(matrix, self.node, self.conductance)


class Capacitor(Resistor):
    voltage = 0.0

    def stamp(self, matrix, currents):
        add_conductance(matrix, self.node, self.conductance)
        currents[self.node - 1] += self.conductance * self.voltage + 1.0

    def update(self, voltages):
        self.voltage = voltages[self.node - 1]


def circuit(r, c):
    components = [Resistor(1, r), Capacitor(2, c), Resistor(2, r)]
    total = 0.0
    for _ in range(4):
        matrix = [[0.0] * 2 for _ in range(2)]
        currents = [0.1] * 2
        for component in components:
            component.stamp(matrix, currents)
        voltages = [currents[k] / matrix[k][k] for k in range(2)]
        for component in components:
            if isinstance(component, Capacitor):
                component.update(voltages)
        total += voltages[1]
    return total


def chosen_rows(r, c):
    total = 0.0
    for k in range(4):
        rows = [[r, c], [c, 2.0]]
        if k % 2:
            rows[k % 3 - 1][k - 1 - 2 * (k // 3)] += r * k
        else:
            total += rows[0][1] * k
        total += rows[0][0] * rows[1][1] - rows[1][0]
    return total


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize("f", [circuit, chosen_rows], ids=lambda f: f.__name__)
def test_rows_that_an_arm_writes_to_at_run_time(f, mode: str) -> None:
    check_slopes(f, (2.0, 0.3), mode)
