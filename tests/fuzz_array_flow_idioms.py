"""More idioms in the form of `fuzz_array_idioms`: what helpers give back, jumps, shared parts."""

from __future__ import annotations

from tests.fuzz_idioms import idioms

SHARED = idioms("""
# a 2
def $f($i, $j=slice(1, 3)):
    return $i[$j]
$a = $f($w)
$a *= $s

def $f($i, $j):
    $i[1:] += $j
    return $i[:2]
$k = $f($w, $s)
$k[0] = $w[3]
$w[2] *= $k[1]

$k = $o[1]
$k[:2] += ($p)[2:]
$o[:, 0] *= $s
$k[3] = $k[0]

# a 4
$k = []
for $i in range(3):
    $k.append($o[$i])
    $o[$i] *= $s
$a = $k[0] + $k[2]

# a 4
$k = [$o[0], $o[1].copy(), $o[2] * 1.0]
$o *= $s
$k[0][1:3] -= 0.5
$a = $k[0] * $k[1] + $k[2]

for $i, $j in zip($o, $m):
    $i[:] = $i * 0.5 + $j[::-1]

for $i, $j in enumerate($o):
    $j[$i] = $s
    $o[$i - 1] += $j

# a 4
$k = [np.zeros_like($v) for $i in range(2)]
$k[0][1:] = $v[1:]
$k[1] += $k[0] * $s
$k[0], $k[1] = $k[1], $k[0]
$a = $k[0] - $k[1] ** 2

# a 4
$k = {'p': $w, 'q': $p}
$k['p'][0] += $s
$k['q'] *= $w
$k['p'] = $k['p'] * 0.5
$a = $k['p'] + $k['q'] + $w

# a 4
$k = ($v, $p)
$i, $j = $k if np.real($s) > 0.1 else $k[::-1]
$a = $i * 2.0 + $j

# a 4; b 4
def $f($i, $j):
    if np.real($j) > 0.2:
        return $i, $i * $j
    return $i[::-1], $i
$a, $b = $f($v, $s)

# a 3
$k = $o.T[1:].T
$k[1] += $k[0]
$a = $k[:, 0] + $o[:, 3]
""")

JUMPS = idioms("""
# a 4
$a = $v * 1.0
for $i in range(3):
    try:
        if np.real($a[$i]) > 0.4:
            raise ValueError
        $a[$i + 1] += $s * $a[$i]
    except ValueError:
        $a = $a[::-1]
        continue
    finally:
        $a = $a * 0.9

# a 4
$k, $j = np.zeros_like($v), 0
while $j < 4 and np.real(np.sum($k)) < 2.0:
    $k[$j:] += $v[: 4 - $j] * $s
    $j += 1
$a = $k

# a 4
$k = [$i for $i in $v if np.real($i) > 0.0]
$a = np.array([*$k, *($p)])[:4]

# a 3 4
$a = np.array([$i if np.real($i[0]) > 0.2 else $i * $s for $i in $m])

# a 4
def $f($i):
    for $j in $i:
        yield $j * $s
$a = sum($f($m))

# a 3 4
$k = {'p': $m, 'q': $q}
if np.real($s) > 0.3:
    $k['p'] = $k['p'] * 2.0
else:
    $k['q'], $k['p'] = $k['p'], $k['q'] * $s
$a = $k['p'] + $k['q']

# a 4
$k = $p
for $j, $i in enumerate($m):
    $k = $i * 1.0 if $j == 0 else $k * 0.5 + $i
    if np.real($k[0]) > 0.8:
        break
$a = $k

# a 4
$a = $p * 1.0
for $i in range(3):
    for $j in range(4):
        if np.real($m[$i, $j]) < 0.0:
            break
        $a[$j] += $m[$i, $j] * $s
    else:
        $a *= 0.5

# a number
$a, $k = $s * 1.0, $v * 1.0
for $i in range(4):
    if np.real($k[$i]) > 0.5:
        $k[$i:] *= 0.5
        continue
    $a = $a + $k[$i] * $k[-1]

# a 4
def $f($i, $k):
    if $k == 0:
        return $i
    $i = $i * 0.5 + $v
    return $f($i, $k - 1)
$a = $f($p, 3)

# a 4
$k = []
for $i in $m:
    if np.real($i[1]) > 0.0:
        $k.append($i * $s)
$a = np.sum($k, axis=0) + $v if $k else $v

# a 4
$i, $j = Held($v * 1.0, $p), Held($w, $v * 2.0)
for $k in range(2):
    $i.step($s)
    $i, $j = $j, $i
$a = $i.a + $j.b
""")

FLOW_IDIOMS = SHARED + JUMPS
