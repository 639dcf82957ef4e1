"""More idioms in the form of `fuzz_idioms`: jumps, generators, arguments that are changed."""

from __future__ import annotations

from tests.fuzz_idioms import idioms

ATTEMPTS = idioms("""
$v1 = 0.5
for $i in range(n + 1):
    try:
        if $t:
            continue
        $v1 += log($s)
    except ValueError:
        $v1 -= 0.2
        if $i > 1:
            break
    else:
        $v1 *= 0.9
    finally:
        $v1 += 0.1
else:
    $v1 += $b

$v1, $v2 = 0.5, $a
for $i in $xs:
    try:
        for $j in range(n):
            try:
                $v2 = sqrt($v2 - $j)
            except ValueError:
                break
            finally:
                $v1 += $i * $v2
        else:
            $v2 += $s
            continue
        $v1 *= 0.7
    finally:
        $v2 += 0.3

$v1, $k = $a, 0
try:
    while $k < 4:
        $k += 1
        $v1 = raised($v1) + $b
except ValueError:
    $v1 = 0.1 * $v1 + $k

$v1 = 0.5
try:
    for $i, $j in enumerate($xs):
        if $j > 0.8:
            raise LookupError('too large')
        $v1 += $j * $s
except LookupError as $k:
    $v1 -= len(str($k)) * $a

$v1 = $a
with suppress(ValueError, ZeroDivisionError):
    $v1 = log($b)
    $v1 += 1.0 / (n - 1)

$v1, $ys1 = 0.5, [$a, 0.4]
for $i in $xs:
    try:
        $ys1.append(log($i) * $s)
        if $t:
            break
    except ValueError:
        $ys1[0] *= 0.8
    else:
        $v1 += $ys1[-1]

def $f($i):
    try:
        if $i > $a:
            return $i * 2.0
        $i = log($i)
    except ValueError:
        return $a
    finally:
        $m.append($b)
    return $i * $i
$m = []
$v1 = $f($b) + $f(0.7) + sum($m)

$v1, $k = $a, 0
while True:
    try:
        $k += 1
        $v1 = raised($s)
        if $k > n:
            break
    except ValueError:
        $v1 = 0.5 * $b
        if $k > 2:
            break
$v1 += $k
""")

CONDITIONS = idioms("""
$v1, $v2, $k = $a, $b, 0
while $v1 < 2.0 and ($v2 > -2.0 or $k < 2) and not $k > 4:
    $k += 1
    $v1, $v2 = $v1 + 0.5 * $s ** 2, $v2 - 0.3 * $v1

$v1, $k = 0.5, list($xs)
while $k and ($j := $k.pop()) < 1.2:
    $v1 += $j * $s

$ys1 = [0.4] + [$i * $j for $i in $xs for $j in $xs if $i != $j if $i * $j > $a] + [$b]

$ys1 = [$a, $b, *$xs]
for $i in range(len($ys1)):
    for $j in range(len($ys1) - 1 - $i):
        if $ys1[$j] > $ys1[$j + 1]:
            $ys1[$j], $ys1[$j + 1] = $ys1[$j + 1], $ys1[$j]
$ys1[0] *= 2.0

$ys1 = list($xs)
for $i in range(1, len($ys1)):
    $j, $k = $ys1[$i], $i - 1
    while $k >= 0 and $ys1[$k] > $j:
        $ys1[$k + 1] = $ys1[$k]
        $k -= 1
    $ys1[$k + 1] = $j
$v1 = $ys1[0] * $a

match $xs:
    case [$i, $j]:
        $v1 = $i * $j
    case [$i, *$k]:
        $v1 = $i * $a + len($k)

$k = None
for $i in range(n + 1):
    if $k is None:
        $k = [$a, 0.5]
    else:
        $k = [$j * $b for $j in $k]
        $k[0] += $a
$v1 = $k[0] * $k[1]

$k = list($xs) if $c else None
for $i in range(n):
    if $k is not None:
        $k[0] *= 0.9
        $k = [$a, *$k] if $i > 0 else $k
$v1 = 0.5 if $k is None else $k[0] + $k[-1]

$k = [[0.0] * 3 for $i in range(3)]
for $i in range(3):
    for $j in range(3):
        if $i == 0 or $j == 0:
            $k[$i][$j] = $a + 0.1 * ($i + $j)
        else:
            $k[$i][$j] = min($k[$i - 1][$j], $k[$i][$j - 1]) + $b * ($i == $j)
$v1 = $k[2][2]
""")

YIELDED = idioms("""
def $f($i, $k):
    for $j in range($k):
        yield $i
        $i = 0.5 * $i + $a
$v1 = 0.0
for $m in $f($b, n + 1):
    $v1 += $m * $m
$v2 = sum($f($a, 3))

def $f($k):
    for $i in $k:
        if $i < 0.0:
            continue
        yield $i * $a
    yield $b
$ys1 = [0.3, *$f($xs)]

$k = ($i * $a for $i in $xs)
$v1 = next($k) + sum($k)

$k = iter($xs)
$v1 = next($k) * $a
for $i in $k:
    $v1 = 0.5 * $v1 + $i

def $f($i):
    while True:
        yield $i
        $i = 0.6 * $i + $a
$v1 = 0.5
for $j, $k in zip($f($b), $xs):
    $v1 += $j * $k

def $f($k):
    yield from $k
    yield $a
$v1 = max($f($xs)) * $b
""")

ARGUMENTS = idioms("""
def $f($k, $i):
    $k[0] += $i
    $k.append($k[0] * $a)
    return $k
$ys1 = $f([0.5, $b], $a)
$ys2 = $f($ys1, 0.3)
$ys2[1] *= $b

def $f($k, $i):
    if $i > 0.3:
        return $k[::-1]
    return list($k)
$ys1 = $f($xs, $a)
$ys1[0] *= $b

def $f($k, $i):
    $k[0], $k[-1] = $k[-1] * $i, $k[0]
$f($xs, $a)
$f($xs, 0.5)
$v1 = $xs[0] - $xs[-1]

def $f($i, $k=(0.2, 0.4), *, $j=1.5):
    return sum($i * $m for $m in $k) * $j
$v1 = $f($a) + $f($b, $xs, $j=$a)

def $f($i, $k):
    if $i > 0.3:
        return [$i, $a]
    for $j in $k:
        if $j > $i:
            return [$j, $i]
    return [*$k, $b]
$ys1 = $f($a, $xs)
$ys2 = $f($b, $ys1)

def $f($i):
    if $i > 0.5:
        return {'p': $i, 'q': $a}
    return {'p': $b, 'q': $i * $i}
$k = $f($a)
$v1 = $k['p'] * $k['q'] + $f($b)['q']

def $f():
    $k = $a
    def $i($j):
        nonlocal $k
        $k += $j * $b
        return $k
    return $i
$g = $f()
$v1 = $g(0.5) * $g($x)

$k = [lambda $j, $i=$i: $j * $i + $a for $i in $xs]
$v1 = sum($i($b) for $i in $k)

$k = []
for $i in range(n + 1):
    $k.append(lambda $j: $j * $i + $a)
$v1 = sum($j(0.5) for $j in $k)

def $f($k):
    if len($k) < 2:
        return $k[0] * $a
    $i = len($k) // 2
    return $f($k[:$i]) + $b * $f($k[$i:])
$v1 = $f($xs)

$m = {}
def $f($k):
    if $k in $m:
        return $m[$k]
    $m[$k] = $a if $k < 2 else 0.5 * $f($k - 1) + $b * $f($k - 2)
    return $m[$k]
$v1 = $f(n + 2)

def $f($k):
    for $i, $j in enumerate($k):
        if $j > 0.5:
            $k[$i] = $j * $a
            return $i, $j
    return -1, $b
$i, $v1 = $f($xs)
$v2 = $xs[$i] * $v1
""")

HELD = idioms("""
$ys1, $ys2 = [$a, 0.5, 0.2], [$b, 0.3, 0.9]
for $i, ($j, $k) in enumerate(zip($ys1, $ys2)):
    $ys2[$i - 1] += $j * $k
    $ys1[($i + 1) % 3] = 0.5 * $j + $b

$v1 = 0.0
for $i, $j in enumerate($xs):
    $xs[$i - 1] = $j * $a
    $v1 += $xs[0] * $j

$k = [Body($i, $a) for $i in $xs]
for $i in $k[1:]:
    $i.total += $k[0].moved($b)
$v1 = max($i.total for $i in $k)
$v2 = min($k, key=lambda $i: $i.rate * $i.total).total

$k = {$i: Pair($a, $b * $i) for $i in range(n + 1)}
$v1 = sum($i.first * $i.second for $i in $k.values())

$k = [Pair($a, $i) for $i in $xs]
$k.sort(key=lambda $i: $i.second)
$k[0] = $k[0]._replace(first=$b)
$v1 = sum($i.first * $i.second ** $j for $j, $i in enumerate($k))

$k = defaultdict(list)
for $i, $j in enumerate($xs):
    $k[$j > $a].append($j * $b)
$v1 = sum(sum($i) * (1.5 if $j else 0.5) for $j, $i in $k.items())

$k = {}
for $i in range(n + 1):
    $k.setdefault($i % 2, []).append($a * $i + $b)
$v1 = sum(max($i) for $i in $k.values())

$k = deque([$a, $b], maxlen=3)
for $i in $xs:
    $k.append($i * $k[0])
    $k.rotate(1)
$v1 = sum($k) + $k.popleft()

$i, $j = Body($a), Body($b, 0.3)
for $k in range(n):
    $i, $j = $j, $i
    $i.total += $j.rate * $a
    if $i.total > 1.5:
        break
$v1 = $i.total - $j.total

$k = [$xs, [$a, $b]]
for $i in $k:
    $i[0] *= 0.5
    $i.append($i[0])
$v1 = $xs[-1] + $k[1][-1]

$k = {'p': $xs, 'q': [$a, 0.5]}
for $i, $j in $k.items():
    $j[0] += $b if $i == 'p' else $j[1]
$ys1 = $k['q']

$k = [[$a], [$b, 0.5], []]
for $i in range(n):
    $k[$i % 3].append(sum($k[$i - 1]) + $a)
$v1 = sum(len($i) * sum($i) for $i in $k)

$k = [[$i, $a * $i] for $i in $xs]
$k.sort(key=lambda $j: $j[1])
$m = $k[0]
$m[0] *= $b
$ys1 = [$j[0] for $j in $k]

$k = Body([$a, $b])
$k.total.append($a * 0.5)
$k.total[0] *= $k.rate
$ys1 = $k.total

$k = [Body($a)] * 2 + [Body($b)]
for $i in range(n):
    $k[$i].total *= 1.5
    $k[$i].rate += 0.1 * $k[-1].total
$v1 = sum($i.total * $i.rate for $i in $k)
""")

FLOW_IDIOMS = ATTEMPTS + CONDITIONS + YIELDED + ARGUMENTS + HELD
