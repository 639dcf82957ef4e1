"""Functions of numbers and arrays that Numba has not, or has for numbers only."""

from __future__ import annotations

import ast

from chainrule.emit.plan import Value
from chainrule.emit.targets import Form, Spelling
from chainrule.graph.types import Array, unit_axes_of

ERF = '''
@{numba.vectorize}
def erf_of(x):
    """Error function, entry by entry."""
    return {math.erf}(x)
'''
ERFC = '''
@{numba.vectorize}
def erfc_of(x):
    """Complementary error function, entry by entry."""
    return {math.erfc}(x)
'''
GAMMA = '''
@{numba.vectorize}
def gamma_of(x):
    """Gamma function, entry by entry."""
    return {math.gamma}(x)
'''
LGAMMA = '''
@{numba.vectorize}
def lgamma_of(x):
    """Logarithm of the gamma function, entry by entry."""
    return {math.lgamma}(x)
'''
DIGAMMA = '''
@{numba.vectorize}
def digamma(x):
    """Logarithmic derivative of the gamma function (Abramowitz and Stegun, 6.3)."""
    if x <= 0.0 and x == {math.floor}(x):
        return {math.nan}
    found = 0.0
    if x < 0.0:
        found = -{math.pi} / {math.tan}({math.pi} * x)
        x = 1.0 - x
    while x < 10.0:
        found -= 1.0 / x
        x += 1.0
    q = 1.0 / (x * x)
    tail = 1.0 / 120.0 - q * (1.0 / 252.0 - q * (1.0 / 240.0 - q / 132.0))
    return found + {math.log}(x) - 0.5 / x - q * (1.0 / 12.0 - q * tail)
'''
EXPIT = '''
@{numba.vectorize}
def expit(x):
    """Logistic function."""
    if x >= 0.0:
        return 1.0 / (1.0 + {math.exp}(-x))
    grown = {math.exp}(x)
    return grown / (1.0 + grown)
'''
LOGIT = '''
@{numba.vectorize}
def logit(p):
    """Inverse of the logistic function."""
    return {math.log}(p / (1.0 - p))
'''
LOG_EXPIT = '''
@{numba.vectorize}
def log_expit(x):
    """Logarithm of the logistic function."""
    if x >= 0.0:
        return -{math.log1p}({math.exp}(-x))
    return x - {math.log1p}({math.exp}(x))
'''
SOFTPLUS = '''
@{numba.vectorize}
def softplus(x):
    """log(1 + exp(x)), without overflow."""
    return max(x, 0.0) + {math.log1p}({math.exp}(-abs(x)))
'''
XLOGY = '''
@{numba.vectorize}
def xlogy(x, y):
    """x * log(y), and 0 where x is 0."""
    return 0.0 if x == 0.0 else x * {np}.log(y)
'''
XLOG1PY = '''
@{numba.vectorize}
def xlog1py(x, y):
    """x * log(1 + y), and 0 where x is 0."""
    return 0.0 if x == 0.0 else x * {np}.log1p(y)
'''
ENTR = '''
@{numba.vectorize}
def entr(x):
    """-x * log(x), and 0 at 0."""
    return 0.0 if x == 0.0 else -x * {np}.log(x) if x > 0.0 else -{np}.inf
'''
REL_ENTR = '''
@{numba.vectorize}
def rel_entr(x, y):
    """x * log(x / y), and 0 where x is 0."""
    if x > 0.0 and y > 0.0:
        return x * {np}.log(x / y)
    return 0.0 if x == 0.0 and y >= 0.0 else {np}.inf
'''
KL_DIV = '''
@{numba.vectorize}
def kl_div(x, y):
    """x * log(x / y) - x + y."""
    if x > 0.0 and y > 0.0:
        return x * {np}.log(x / y) - x + y
    return y if x == 0.0 and y >= 0.0 else {np}.inf
'''
NDTR = '''
@{numba.vectorize}
def ndtr(x):
    """Distribution function of the standard normal."""
    return 0.5 * {math.erfc}(-x / {math.sqrt}(2.0))
'''
HEAVISIDE = '''
@{numba.vectorize}
def heaviside(x, at_zero):
    """0 before 0, 1 behind, and `at_zero` at 0."""
    return 0.0 if x < 0.0 else 1.0 if x > 0.0 else at_zero
'''
SINC = '''
@{numba.vectorize}
def sinc(x):
    """sin(pi x) / (pi x), and 1 at 0."""
    y = {math.pi} * x
    return {math.sin}(y) / y if y != 0.0 else 1.0
'''
BETALN = '''
@{numba.vectorize}
def betaln(a, b):
    """Logarithm of the beta function."""
    return {math.lgamma}(a) + {math.lgamma}(b) - {math.lgamma}(a + b)
'''
BETA = '''
@{numba.vectorize}
def beta(a, b):
    """Beta function of positive numbers."""
    return {math.exp}({math.lgamma}(a) + {math.lgamma}(b) - {math.lgamma}(a + b))
'''
LOGADDEXP2 = '''
@{numba.vectorize}
def logaddexp2(x, y):
    """Logarithm of 2**x + 2**y to base 2, without overflow."""
    high, low = max(x, y), min(x, y)
    return high + {np}.log1p({np}.exp2(low - high)) / {math.log}(2.0)
'''


def brought(name: str, text: str, arrays_only: bool = False) -> Form:
    """A function that the module brings itself; of numbers Numba's own where there is one."""

    def form(speller: Spelling, value: Value, args: list[ast.expr]) -> ast.expr:
        shaped = any(unit_axes_of(arg.type) for arg in value.args)
        if arrays_only and not shaped:
            return speller.usual(value, args)
        return ast.Call(speller.helper(name, text), args, [])

    return form


def absolute(speller: Spelling, value: Value, args: list[ast.expr]) -> ast.expr:
    """``abs`` of an array is NumPy's."""
    if isinstance(value.args[0].type, Array):
        return ast.Call(speller.callable("numpy.abs"), args, [])
    return speller.usual(value, args)


SPECIAL: dict[str, Form] = {
    "absolute": absolute,
    "erf": brought("erf_of", ERF, arrays_only=True),
    "erfc": brought("erfc_of", ERFC, arrays_only=True),
    "gamma": brought("gamma_of", GAMMA, arrays_only=True),
    "lgamma": brought("lgamma_of", LGAMMA, arrays_only=True),
    "digamma": brought("digamma", DIGAMMA),
    "expit": brought("expit", EXPIT),
    "logit": brought("logit", LOGIT),
    "log_expit": brought("log_expit", LOG_EXPIT),
    "softplus": brought("softplus", SOFTPLUS),
    "xlogy": brought("xlogy", XLOGY),
    "xlog1py": brought("xlog1py", XLOG1PY),
    "entr": brought("entr", ENTR),
    "rel_entr": brought("rel_entr", REL_ENTR),
    "kl_div": brought("kl_div", KL_DIV),
    "ndtr": brought("ndtr", NDTR),
    "heaviside": brought("heaviside", HEAVISIDE),
    "sinc": brought("sinc", SINC),
    "beta": brought("beta", BETA),
    "betaln": brought("betaln", BETALN),
    "logaddexp2": brought("logaddexp2", LOGADDEXP2),
}
