"""Linear systems of :mod:`scipy.signal`: what they answer in time and at frequencies.

A system is given by numerator and denominator, or by the matrices of its state (Kailath, *Linear
Systems*).  Answers in time are those of the matrix exponential of a step.
"""

from __future__ import annotations

import numpy as np
import scipy.linalg
from scipy import signal

from chainrule.lift.library.object_sets import IN_PLACE_OF
from chainrule.lift.library.spoken import made, told, unknown

# The functions below are read by the lifter, not typed for callers.
# mypy: disable-error-code="no-untyped-def,no-untyped-call"


class Answering:
    """What a system in continuous time answers."""

    def step(self, X0=None, T=None, N=None):
        """The answer to a step."""
        return signal.step(self, X0=X0, T=T, N=N)

    def impulse(self, X0=None, T=None, N=None):
        """The answer to an impulse."""
        return signal.impulse(self, X0=X0, T=T, N=N)

    def output(self, U, T, X0=None):
        """The answer to an input."""
        return signal.lsim(self, U, T, X0=X0)

    def freqresp(self, w=None, n=10000):
        """The answer at frequencies."""
        return signal.freqresp(self, w=w, n=n)

    def bode(self, w=None, n=100):
        """Decibels and degrees at frequencies."""
        return signal.bode(self, w=w, n=n)


class TransferFunction(Answering):
    """``scipy.signal.TransferFunction`` in continuous time."""

    def __init__(self, num, den):
        self.held = made(signal.TransferFunction, "_0_(_1_, _2_)", num, den)
        first = np.atleast_1d(den)[0]
        self.num = np.atleast_1d(num) / first
        self.den = np.atleast_1d(den) / first

    @property
    def poles(self):
        """Where the denominator is 0."""
        return told(np.roots(self.den), "_1_.poles", self.held)

    @property
    def zeros(self):
        """Where the numerator is 0."""
        return told(np.roots(self.num), "_1_.zeros", self.held)

    def to_ss(self):
        """The same by its state."""
        return StateSpace(*companion(self.num, self.den))


class Discrete:
    """A system by its state, at equal steps of time."""

    def __init__(self, A, B, C, D, dt):
        self.A, self.B, self.C, self.D, self.dt = A, B, C, D, dt


class StateSpace(Answering):
    """``scipy.signal.StateSpace`` in continuous time."""

    def __init__(self, A, B, C, D):
        self.held = made(signal.StateSpace, "_0_(_1_, _2_, _3_, _4_)", A, B, C, D)
        self.A, self.B = np.atleast_2d(A), np.atleast_2d(B)
        self.C, self.D = np.atleast_2d(C), np.atleast_2d(D)

    @property
    def poles(self):
        """The eigenvalues of the matrix of the state."""
        return told(np.linalg.eigvals(self.A) + 0j, "_1_.poles", self.held)

    def to_discrete(self, dt, method="zoh", alpha=None):
        """The same at equal steps of time."""
        system = (self.A, self.B, self.C, self.D)
        return Discrete(*signal.cont2discrete(system, dt, method=method, alpha=alpha))


def lti(*system):
    """``scipy.signal.lti``."""
    if len(system) == 2:
        return TransferFunction(*system)
    return StateSpace(*system) if len(system) == 4 else unknown("a system by zeros and poles")


IN_PLACE_OF[TransferFunction] = signal.TransferFunction
IN_PLACE_OF[StateSpace] = signal.StateSpace


def companion(num, den):
    """The state of a fraction of polynomials, as ``tf2ss`` lays it out."""
    num, den = np.atleast_1d(num), np.atleast_1d(den)
    num, den = num / den[0], den / den[0]
    n = len(den) - 1
    num = np.concatenate((np.zeros(n + 1 - len(num)), num))
    a = np.concatenate((-den[1:][np.newaxis, :], np.eye(n - 1, n)))
    c = (num[1:] - num[0] * den[1:])[np.newaxis, :]
    return a, np.eye(n, 1), c, num[:1][:, np.newaxis]


def tf2ss(num, den):
    """The matrices of the state of a fraction of polynomials."""
    return companion(num, den)


def matrices_of(system):
    """The matrices of the state of a system, however it is given."""
    if isinstance(system, signal.TransferFunction):
        return companion(system.num, system.den)
    if isinstance(system, signal.StateSpace):
        return system.A, system.B, system.C, system.D
    if len(system) == 2:
        return companion(system[0], system[1])
    if len(system) == 4:
        return tuple([np.atleast_2d(np.asarray(part) + 0.0) for part in system])
    return unknown("a system by zeros and poles")


def ss2tf(A, B, C, D, input=0):
    """Numerators and denominator of a system, by the method of Faddeev and LeVerrier."""
    A, B, C, D = (np.atleast_2d(np.asarray(part) + 0.0) for part in (A, B, C, D))
    b, n = B[:, input], A.shape[0]
    step, factor = np.eye(n), 1.0
    den, rows = [factor], [D[:, input]]
    for k in range(1, n + 1):
        row = C @ (step @ b)
        product = A @ step
        factor = -np.trace(product) / k
        step = product + factor * np.eye(n)
        den.append(factor)
        rows.append(row + factor * D[:, input])
    return np.stack(rows, axis=1), np.array(den)


def walked(system, inputs, T, start, interp):
    """Outputs and states at equal steps; between them the input is straight, or holds."""
    a, b, c, d = matrices_of(system)
    n, m, dt = a.shape[0], b.shape[1], T[1] - T[0]
    if interp:
        upper = np.concatenate((a * dt, b * dt, np.zeros((n, m))), axis=1)
        middle = np.concatenate((np.zeros((m, n + m)), np.eye(m)), axis=1)
        moved = scipy.linalg.expm(np.concatenate((upper, middle, np.zeros((m, n + 2 * m)))))
        drift, slope = moved[:n, :n], moved[:n, n + m :]
        hold = moved[:n, n : n + m] - slope
    else:
        upper = np.concatenate((a * dt, b * dt), axis=1)
        moved = scipy.linalg.expm(np.concatenate((upper, np.zeros((m, n + m)))))
        drift, hold, slope = moved[:n, :n], moved[:n, n:], np.zeros((n, m))
    x, states = start + np.zeros(n), []
    states.append(x)
    for k in range(1, len(T)):
        x = drift @ x + hold @ inputs[k - 1] + slope @ inputs[k]
        states.append(x)
    xs = np.array(states)
    return xs @ c.T + inputs @ d.T, xs


def lsim(system, U, T, X0=None, interp=True):
    """What a system gives for an input at equal steps of time."""
    T = np.asarray(T) + 0.0
    inputs = np.asarray(U) + 0.0
    inputs = inputs[:, np.newaxis] if inputs.ndim == 1 else inputs
    ys, xs = walked(system, inputs, T, 0.0 if X0 is None else np.asarray(X0) + 0.0, interp)
    return T, ys[:, 0], xs


def step(system, X0=None, T=None, N=None):
    """What a system gives for a step."""
    if T is None or np.ndim(T) != 1:
        unknown("a step at times that are not given")
    T = np.asarray(T) + 0.0
    start = 0.0 if X0 is None else np.asarray(X0) + 0.0
    return T, walked(system, np.ones((len(T), 1)), T, start, True)[0][:, 0]


def impulse(system, X0=None, T=None, N=None):
    """What a system gives for an impulse: the state begins where that leads."""
    if T is None or np.ndim(T) != 1:
        unknown("an impulse at times that are not given")
    T = np.asarray(T) + 0.0
    b = matrices_of(system)[1][:, 0]
    start = b if X0 is None else b + np.asarray(X0)
    return T, walked(system, np.zeros((len(T), 1)), T, start, False)[0][:, 0]


def answered(system, w):
    """The answer of a system at frequencies."""
    if isinstance(system, signal.TransferFunction):
        num, den = system.num, system.den
    elif isinstance(system, signal.StateSpace) or len(system) == 4:
        num, den = ss2tf(*matrices_of(system))
        num = num[0]
    elif len(system) == 2:
        num, den = np.atleast_1d(system[0]), np.atleast_1d(system[1])
    else:
        unknown("a system by zeros and poles")
    s = 1j * (np.asarray(w) + 0.0)
    return series_at(num, s) / series_at(den, s)


def series_at(coefficients, s):
    """A polynomial, that of the highest power first, by Horner's rule."""
    total = coefficients[0] + 0.0 * s
    for k in range(1, len(coefficients)):
        total = total * s + coefficients[k]
    return total


def freqresp(system, w=None, n=10000):
    """Frequencies, and the answer of a system at each."""
    if w is None:
        unknown("frequencies that are not given")
    return np.asarray(w) + 0.0, answered(system, w)


def bode(system, w=None, n=100):
    """Frequencies, and the answer of a system at each in decibels and degrees."""
    if w is None:
        unknown("frequencies that are not given")
    y = answered(system, w)
    phase = np.degrees(np.unwrap(np.arctan2(y.imag, y.real)))
    return np.asarray(w) + 0.0, 20.0 * np.log10(np.abs(y)), phase
