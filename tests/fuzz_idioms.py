"""Idioms of real code that random programs are strewn with, one text each.

In a text, ``$a`` and ``$b`` are expressions, ``$c`` a condition, ``$s`` and ``$t`` an expression
and a condition that may read ``$v1``; ``$x`` is a variable and ``$xs`` a list that there are
already.  ``$v1`` and ``$v2`` are new variables and ``$ys1`` and ``$ys2`` new lists of two entries
or more, which the rest of the program reads; ``$f``, ``$g``, ``$i``, ``$j``, ``$k`` and ``$m`` are
names for the idiom alone.
"""

from __future__ import annotations


def idioms(text: str) -> tuple[str, ...]:
    """The paragraphs of ``text``."""
    return tuple(text.strip("\n").split("\n\n"))


LISTS = idioms("""
$ys1 = [$i * $i + $a for $i in $xs if $i > 0.1] + [0.3, $b]

$ys1 = [$i - $a if $i > 0.2 else $b for $i in $xs]

$ys1 = [$i * $j for $i in $xs for $j in (0.5, $a) if $i < $j or $j < 1.0] + $xs[:2]

$ys1 = [$i + 0.1 * $k for $k, ($i, $j) in enumerate(zip($xs, [$a, $b]), start=1)]

$ys1 = sorted($xs)

$ys1 = sorted([$a, *$xs], reverse=True)

$ys1 = sorted($xs + [$a], key=lambda $i: ($i - $b) ** 2)

$ys1 = $xs[::-1]

$ys1 = list(reversed($xs))

$ys1 = $xs[-2:] + $xs[:1]

$ys1 = list(map(lambda $i: $i * $a, $xs))

$ys1 = [*filter(lambda $i: $i > 0.1, $xs), $a, $b]

$ys1 = list($xs)
$ys1[0] = $a
$ys1[-1] += $ys1[0] * $b

$ys1 = $xs.copy()
$ys1.sort()
$ys1[0] *= $a

$ys1 = $xs[:]
$ys1.reverse()
$ys1[1] -= $a

$ys1 = [$a, *$xs, $b]
del $ys1[0]
$ys1.insert(1, $b)

$ys1 = [$a, 0.5]
$ys1.extend($i * $b for $i in $xs)

$ys1 = [$a, 0.5, $b]
$ys1[1:] = [$j * 2.0 for $j in $ys1[:2]]

$ys1 = [0.0] * (n + 2)
for $k in range(n + 2):
    $ys1[$k] = $a + $k * $b

$ys1 = [$a] * 3
for $k in range(1, 3):
    $ys1[$k] += $ys1[$k - 1] * $b

$ys1 = [$a, $b]
if $c:
    $ys1 = $ys1 + [0.7]
$ys1 += [0.4]

$ys1 = [$a, $b]
$ys1 += $xs
$v1 = $ys1[len($ys1) // 2]

$xs[0], $xs[1] = $xs[1] * $a, $xs[0]

$xs.extend([$a, $b])
$v1 = $xs[-1]

$xs.insert(0, $a)
$v1 = $xs.pop()

$xs.sort(key=lambda $i: -$i)
$v1 = $xs[0] * $a

$xs.reverse()
$xs[0] += $a

$xs[:] = [$i * $a for $i in $xs]

$xs[:2] = [$a, $xs[0]]

$xs += [$a]
del $xs[0]

$k = [$a, $b] if $c else None
$ys1 = $k or [0.5, 0.25]
""")

ROWS = idioms("""
$k = [[$a * ($i + $j) for $j in range(2)] for $i in range(3)]
for $i in range(3):
    for $j in range(2):
        $k[$i][$j] += $b * $j
$v1 = sum(sum($i) for $i in $k)

$k = [[$a, 0.5], [0.2, $b]]
$k[0], $k[1] = $k[1], $k[0]
$k[0][1] *= $a
$v1 = $k[0][0] * $k[1][1] - $k[0][1] * $k[1][0]

$k = [[0.0] * 3 for $i in range(n + 1)]
for $i in range(n + 1):
    for $j in range(3):
        $k[$i][$j] = $a + $i * $b
    $k[$i][0] += $k[$i - 1][2]
$v1 = $k[-1][0] + $k[0][1]

$k = [[$a, 0.5], [0.2, $b], [1.1, 0.4]]
$ys1 = [sum($j) for $j in zip(*$k)]

$k = [[$a, 0.5], [0.2, $b]]
$ys1 = [sum($i * $j for $i, $j in zip($f, $xs)) for $f in $k]

$k = [[$a, 0.5], [0.2, $b]]
for $i in $k:
    $i[0] += $i[1] * $a
$ys1 = $k[1]

$k = [($a, 0.5), (0.2, $b)]
$v1 = 0.0
for $i, $j in $k:
    $v1 += $i * $j + $s

$k = []
for $i in range(n):
    $k.append([$a + $i, $b])
$v1 = sum($i[0] * $i[1] for $i in $k)

$k = [[0.5]]
for $i in range(n):
    $k.append([*$k[-1], $a])
$v1 = sum(len($j) * $j[-1] for $j in $k)

$k = [[$a, 0.5], [0.2, $b]]
$j = $k[0] if $c else $k[1]
$v1 = $j[0] * 2.0 + $j[1]

$k = [[1.0, $a], [$b, 2.5]]
for $i in range(2):
    $j = $k[$i][$i]
    $k[$i] = [$f / (1.5 + $j ** 2) for $f in $k[$i]]
$v1 = $k[0][1] + $k[1][0]
""")

LOOPS = idioms("""
$v1 = 0.0
for $i, $j in zip($xs, $xs[1:]):
    $v1 += ($j - $i) * $s

$v1 = 0.0
for $i, $j in zip($xs, reversed($xs)):
    $v1 += $i * $j + $a

$v1 = 0.5
for $i in range(n, 0, -1):
    $v1 = $v1 * 0.5 + $i * $s

$v1 = 0.5
for $i in range(0, 2 * n, 2):
    if $t:
        continue
    $v1 += $s / (1 + $i)

$v1 = 0.5
for $i in range(len($xs) - 1):
    $v1 += $xs[$i] * $xs[$i + 1] * $a

$v1 = 0.5
for $i in reversed(range(n + 1)):
    $v1 = $a + $v1 * 0.3 * $i

$v1 = 0.5
for $k, $i in enumerate(reversed($xs), 1):
    $v1 += $i ** $k * $s

$v1 = 0.5
for $i in [$a, $b, *$xs]:
    if $i > 0.9:
        break
    $v1 += $i * $s
else:
    $v1 -= 0.3

for $v1 in ($a, $b, 0.4):
    if $t:
        break
else:
    $v1 = $s

for $v1 in $xs:
    $x += $s
$x *= 0.5

$v1, $k = 0.5, 0
while True:
    $k += 1
    if $k > n + 1:
        break
    if $t:
        continue
    $v1 = 0.6 * $v1 + $s

$v1, $k = $a, 0
while $k < n + 1:
    $k += 1
    $v1 = sin($v1) + $s
    if abs($v1) > 1.5:
        $v1 *= 0.5
        break
else:
    $v1 += $b

$v1 = 0.5
for $i in range(n):
    for $j in range($i + 1):
        if $t:
            break
        $v1 += $s * 0.2
    else:
        $v1 -= 0.1 * $i

$v1 = 0.5
for $i in range(n):
    for $j in $xs:
        if $t:
            return $v1 + $j
        $v1 += $j * $s

$v1 = $v2 = $a
for $i in range(n):
    $v1, $v2 = $v2, 0.5 * $v1 + $s

$v1, $v2 = $a, -1e9
for $i in $xs:
    if $i + $s > $v2:
        $v2 = $i + $s
        $v1 = $i
$v2 *= 1.5

$v1, $k = $a, [$b, 0.4]
while len($k) < n + 3:
    $k.append($k[-1] * $k[-2] + $s)
$v1 += $k[-1]

$v1, $k = 0.5, [$a, $b, *$xs]
while $k:
    $v1 = 0.5 * $v1 + $k.pop()

$v1, $k = 0.5, 0.0
for $i in $xs:
    $j = $v1 + ($i * $a - $k)
    $k = ($j - $v1) - $i
    $v1 = $j

$v1 = 0.5
for $i in range(n + 1):
    $j = None if $i == 0 else $v1
    $v1 = $s if $j is None else $j * 0.5 + $s

$v1 = 0.5
for $i in range(n + 1):
    try:
        $v1 += log($s)
    except ValueError:
        $v1 *= 0.7
        continue
    $v1 += 0.1

$v1 = 0.5
for $i in range(n + 1):
    try:
        $v1 = raised($s)
    except ValueError:
        break
    finally:
        $v1 += 0.2

$v1 = 1.0
for $i in 'soft':
    $v1 = $v1 * 0.5 + ($s if $i in kind else 0.1)

$v1, $k = $a, 0
while abs($v1) < 3.0 and $k < 5:
    $k += 1
    $v1 = 2.0 * ($v1 + $b)

$v1 = $a
for $k in range(n + 3):
    $v1 = 1.5 * $v1 - $b
    if $v1 > 2.0:
        break

$v1, $k = $a, 0
while $v1 * $v1 < 4.0 and $k < 4:
    $k += 1
    $v1 = $v1 + $b * ($v1 * $v1)

$v1, $v2 = $a, 1.0
for $k in range(3):
    $v2 -= 2.0 * $b + tanh($a)
    $v1 -= $v2 + $v2

$v1, $k = $a, 1
while $k < 20:
    $k *= 2
    $v1 = $v1 / 2 + $s / $k

$v1 = 0.5
for $i, $j in [('up', $a), ('down', $b)]:
    $v1 = $v1 + $j if $i == 'up' else $v1 * $j

$v1 = 0.5
for $i in (sin, tanh, abs):
    $v1 += $i($s)

$v1 = 0.5
for $i in range(n):
    if $i == 1:
        $j = $s
    if $i > 1:
        $v1 += $j
""")

CALLS = idioms("""
def $f($i, $j=0.3, *$k):
    return $i * $j + sum($k)
$v1 = $f($a) + $f($b, 0.5, $a, 1.5)

def $f(**$k):
    return $k['p'] * $k.get('q', 0.5)
$v1 = $f(p=$a) + $f(q=$b, p=0.3)

def $f($i):
    return $i * $a, $i + $b
$v1, $v2 = $f($x)

def $f($i, $j):
    if $j <= 0:
        return $i
    return 0.5 * $f($i * 0.9, $j - 1) + $a
$v1 = $f($b, n)

def $f($i):
    def $j($k):
        return $k * $i + $a
    return $j
$v1 = $f($b)(0.7)

$f = lambda $i, $j=$a: $i * $j + $x
$x += 0.5
$v1 = $f($b) + $f(0.3, 0.6)

$f = [lambda $i: $i * $a, lambda $i: $i + $b]
$v1 = $f[0]($x) * $f[-1](0.4)

$f = {'soft': tanh, 'hard': lambda $i: $i * $a}.get(kind, sin)
$v1 = $f($b)

$f = sin if $c else (lambda $i: $i * $a)
$v1 = $f($b)

$f = partial(h, scale=$a)
$v1 = $f($b, 0.4)

$v1 = applied(lambda $i: $i * $a + $x, $b, n)

$v1 = applied(h, $a, 2) + applied(sin, $b, n)

$v1, $v2 = parted($a, $b)

$k = parted($a, $b)
$v1 = $k[0] * $k.second

$k = Pair($a, $b)
$k = $k._replace(second=$k.first * 0.5)
$v1, $v2 = $k

$k = replace(Body($a), rate=$b)
$v1 = $k.moved($x) + $k.rate

$k = Meter($a)
for $i in range(n):
    $k.add($b * $i)
$v1 = $k.mean + $k($x)

$k = Meter.of($a, $b)
$v1 = $k.mean
$v2 = $k.halved(0.4)

$k = Body($a)
$j = $k
$j.total *= $b
$v1 = $k.total

$k = [Body($a), Body(0.4, $b)]
for $i in $k:
    $i.moved(0.3)
$v1 = sum($i.total * $i.rate for $i in $k)

$k = Body($a) if $c else Body($b, 0.2)
$v1 = $k.moved(0.4) * $k.rate

$k = {'p': {'q': $a}, 'r': [$b, 0.4]}
$k['p']['q'] *= $b
$k['r'][0] += $k['p']['q']
$v1 = $k['r'][0] + $k['p']['q']

$k = {$i: $j * $a for $i, $j in zip('pq', [0.4, $b])}
$v1 = $k['p'] - $k['q']

$k = dict(p=$a, q=$b)
$v1 = 0.0
for $i in $k:
    $v1 = 0.5 * $v1 + $k[$i]
$v2 = max($k.values())

$v1 = {'soft': $a, 'hard': $b}.get(kind, 0.3)

$v1 = RATES[kind] * $a + RATES['hard'] * LEVELS[n]

$v1 = reduce(lambda $i, $j: $i * 0.5 + $j, $xs, $a)

$ys1 = list(accumulate([$a, *$xs]))

$v1 = sum($i * $j for $i, $j in product($xs, [0.5, $a]))

$v1 = sum($i * $j for $i, $j in combinations([$a, $b, *$xs], 2))

$v1 = next(($i * $a for $i in $xs if $i > 0.2), $b)

$v1 = max(($a, $b, *$xs), key=lambda $i: ($i - 0.3) ** 2)

$v1 = min(($i for $i in $xs if $i > 0.4), default=$a) * $b

$v1 = sum(($i for $i in $xs), $a)
$v2 = sum($i > 0.2 for $i in $xs) * $b

$k = max(range(len($xs)), key=lambda $i: $xs[$i])
$v1 = $xs[$k] * $a

$k = $xs.index(max($xs))
$v1 = $xs[$k - 1] * $a

$v1 = math.prod($xs) + math.prod([$a, 0.5], start=$b)

$v1 = math.dist([$a, 0.4], [0.2, $b]) + math.copysign($a, $b)

$v1 = math.fmod($a, 0.7) + math.remainder($b, 1.3)

$v1, $v2 = math.modf($a)
$v2 *= $b

$v1 = math.ldexp($a, n) + math.log1p($b ** 2) + math.expm1(-abs($a))

$v1 = math.lgamma(1.2 + $a ** 2) + math.gamma(1.5 + tanh($b))

$v1 = ($a > 0.2) * $b + True * $a + n * 0.5

$v1 = n * $a + n ** 2 * 0.1 + (n + 1) / (2 + n) + n // 2 * $b

$v1 = pow(1.2 + $a ** 2, $b) + (1.5 + $b ** 2) ** n + pow($a, 3)

$v1 = round($a * 3.3, 1) * $b + int(n / 2) * $a

$k = int(abs($a) * 3) % len($xs)
$v1 = $xs[$k] * $b

$v1 = $a if not math.isnan($b) and math.isfinite($a) else 0.5

$k = f'{kind}-{n}'
$v1 = $a if $k.endswith('2') else $b * len($k)

$v1 = ($j := $a * 0.5) + $j ** 2 if ($i := $b) > 0.1 else $i

$v1 = $a or $b
$v2 = ($c) and $a

match n:
    case 0:
        $v1 = $a
    case 1 | 2 if $c:
        $v1 = $b * 2.0
    case $k:
        $v1 = $k * $a

match option:
    case None:
        $v1 = $a
    case _:
        $v1 = option * $b

assert isinstance($x, (int, float)), 'a number'
$v1 = $a if isinstance(n, int) else $b

$k = $a, ($b, 0.4)
$v1, ($v2, $i) = $k
$v1 += $i

$v1, *$ys1 = [$a, $b, *$xs]

$v1: float = $a
$v1 *= -1 if $c else 1

del $xs[1:]
$xs.append($a)
$v1 = $xs[0] * $xs[1]

try:
    $v1 = [$a, $b][n]
except IndexError as $k:
    $v1 = $a * len(str($k))

try:
    $v1 = RATES[kind + 'er']
except KeyError:
    $v1 = $a
$v1 *= $b

try:
    try:
        $v1 = raised($a)
    except ZeroDivisionError:
        $v1 = 0.1
    $v1 += 1.0 / (n - 1)
except (ValueError, ZeroDivisionError):
    $v1 = $b

if $c:
    $k = Pair($a, $b)
else:
    $k = Pair($b, 0.5)
$v1 = $k.first - $k.second

$k = ($a, $b) if $c else ($b, $a)
$v1 = $k[0] * 0.3 + $k[1]

$k = None
if $c:
    $k = $a
$v1 = $b if $k is None else $k * 2.0

$v1, $v2 = ($a, $b) if $c else ($b, 0.5)

$v1 = sum([$a, 0.5][:n]) + sum($xs[n:]) + sum($xs[::2])
""")

PRELUDE = """from collections import deque
from contextlib import suppress
from dataclasses import replace
from functools import partial, reduce
from itertools import accumulate, combinations, product
from typing import NamedTuple

RATES = {"soft": 0.6, "hard": 1.4, "none": -0.3}
LEVELS = (0.2, 0.5, 0.9, 1.3, 1.7)


class Pair(NamedTuple):
    first: float
    second: float = 0.5


class Meter:
    SCALE = 0.5

    def __init__(self, start):
        self.sum = start
        self.count = 1
        self.seen = [start]

    @classmethod
    def of(cls, one, two):
        meter = cls(one)
        meter.add(two)
        return meter

    @staticmethod
    def halved(u):
        return 0.5 * u

    @property
    def mean(self):
        return self.sum / self.count

    def add(self, u):
        self.sum += u * self.SCALE
        self.count += 1
        self.seen.append(u)

    def __call__(self, u):
        return self.halved(u) + self.seen[-1]


def applied(f, u, times):
    for _ in range(times):
        u = 0.5 * u + f(u)
    return u


def parted(u, v):
    if u < v:
        return Pair(u * v, second=v)
    return Pair(u)


"""

IDIOMS = LISTS + ROWS + LOOPS + CALLS
