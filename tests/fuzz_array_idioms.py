"""Idioms of array code that random programs are strewn with, one text each.

In a text, ``$v`` is a vector and ``$m`` a matrix that there are already, ``$w`` and ``$o`` such as
may be written to; ``$p``, ``$q`` and ``$s`` are expressions for a vector, a matrix and a number.
``$a`` and ``$b`` are new arrays that the rest of the program reads, of the shapes in the line above
the text; ``$f``, ``$i``, ``$j`` and ``$k`` are names for the idiom alone.
"""

from __future__ import annotations

import re
from typing import TypeAlias

from tests.fuzz_idioms import idioms

Shape: TypeAlias = tuple[int, ...]

LINEAR = idioms("""
# a 4
$a = np.linalg.solve(np.eye(4) * 3.0 + np.outer($v, $p) * 0.1, $v)

# a 3 4
$a = np.linalg.solve(np.eye(4) * 3.0 + $m.T @ $q * 0.1, $m.T).T

# a 4
$a = np.linalg.inv(np.diag(2.5 + np.cos($v))) @ $p

# a number
$a = np.linalg.det(np.eye(3) * 2.0 + $m @ $m.T * 0.1)

# a 4
$a = $m.T @ ($m @ ($p))

# a number
$k = $m @ $m.T
$a = np.trace($k) + $k[0, 1] * $s

# a 3
$a = np.einsum('ij,j->i', $m, $p)

# a 4
$a = np.einsum('ij,ij->j', $m, $q)

# a 3 4
$a = np.einsum('i,j->ij', $v[:3], $p)

# a 3
$a = np.einsum('ij,kj,k->i', $m, $q, $v[1:])

# a number
$a = np.tensordot($m, $q, axes=([0, 1], [0, 1]))

# a 3 4
$a = np.outer($p, $v)[1:]

# a 3
$a = np.inner($m, $v)

# a 3
$a = np.dot($v, $m.T) * np.dot($v, $p)

# a 4
$a = np.diag(np.outer($v, $p)) + np.diag(np.diag($v))[0]

# a 3
$a = np.tril($m) @ $v + np.triu($m, 1).sum(axis=1)

# a 4
$a = np.kron($v[:2], $p[:2])

# a 4
$k = np.eye(4)
for $i in range(3):
    $k = $k @ np.outer($v, $p) * 0.2
$a = $k[1]

# a 3
$k = np.stack([$m, $q])
$a = np.matmul($k, $v).sum(axis=0)

# a 3
$k = np.stack([$m, $q])
$a = ($k @ np.swapaxes($k, 1, 2))[1, :, 0]
""")

REDUCED = idioms("""
# a 4
$a = np.prod(1.1 + 0.2 * $m, axis=0)

# a 4
$a = np.cumprod(1.0 + 0.3 * ($p))

# a 4
$a = $m.mean(axis=0) - np.sum($m, axis=(0, 1)) * 0.1

# a 3 4
$a = $m - $m.mean(axis=1, keepdims=True)

# a 3
$a = ($m / $m.shape[1]).sum(axis=-1)

# a 3
$a = np.average($m, axis=1, weights=[1.0, 2.0, 0.5, 1.5])

# a 3
$a = np.sum($m, axis=1, where=np.real($m) > 0.1)

# a 4
$a = np.diff($m, axis=0).sum(axis=0) + np.diff($p, append=0.5)

# a 4
$a = np.gradient($p)

# a 4
$a = np.convolve($v, $p[:2])[:4]

# a number
$a = np.sum($v * np.arange(4)) / np.size($v)

# a 3 4
$k = np.exp($m - $m[0, 0])
$a = $k / $k.sum(axis=1, keepdims=True)

# a 3
$k = $m[:, None, :] - $q[None, :, :]
$a = ($k ** 2).sum(axis=2)[1]
""")

SELECTED = idioms("""
# a 4
$a = $v[[0, 2, 0, 3]] * $p

# a 3
$a = $m[[0, 2, 0], [1, 1, 3]]

# a 3
$a = $m[:, [0, 3, 0]].sum(axis=1)

# a 4
$a = $m[np.ix_([0, 2], [1, 3])].ravel()

# a 4
$a = $m[1:, ::-2].T.reshape(-1)

# a 3
$a = $m[..., 1] * $m[..., -1]

# a 3
$a = $m[-1][1:] - $m[0, :-1]

# a number
$a = np.sum($v[np.real($v) > 0.1]) + np.sum($m[np.real($m) < 0.2] ** 2)

# a 4
$k = np.argsort(np.real($v))
$a = $v[$k] * $p

# a 3 4
$k = np.argsort(np.real($m), axis=1)
$a = np.take_along_axis($m, $k, axis=1)

# a number
$k = np.argmax(np.real($v))
$a = $v[$k] * $s

# a 4
$a = np.take($m, [2, 0], axis=0).sum(axis=0)

# a 4
$a = np.select([np.real($v) > 0.3, np.real($v) > 0.0], [$p, $v * $v], 0.5)

# a 4
$a = np.where(np.real($v) > 0.1, np.log(np.where(np.real($v) > 0.1, $v, 1.0)), 0.2)

# a 3 4
$a = np.where(np.real($m) > 0.0, np.sqrt($m), $q)

# a 3 4
$a = np.vstack([$p, $m])[1:] + np.hstack([$m, $m])[:, 2:6]

# a 4
$a = np.column_stack([$v, $p]).T.reshape(-1)[2:6]

# a 3 4
$a = np.concatenate([$m, $q], axis=1)[:, ::2]

# a 4; b 4
$a, $b = np.split(np.concatenate([$p, $v]), 2)

# a 4
$a = np.tile($v[:2], 2) + np.repeat($v[2:], 2)

# a 4
$a = np.pad($p[:2], (1, 1))

# a 3 4
$a = np.pad($m[:, :2], ((0, 0), (1, 1)), mode='edge')

# a 3 4
$a = np.rot90($m, 2) + np.fliplr($m)

# a 3 4
$k, $j = np.meshgrid($v, $p[:3])
$a = $k * np.sin($j)

# a 3
$a = np.transpose($m)[1] + np.atleast_1d($s)

# a 3
$a = np.array([$s, $v[0], $v[1] * $v[2]])

# a 3 4
$a = np.array([$v, $p, $v * 2.0])
""")

WRITTEN = idioms("""
$o[[0, 2], :] = $p

$o[:, [1, 3]] *= $s

$o[np.arange(3), [0, 2, 0]] += $p[1:]

np.add.at($o, ([0, 1, 0], [2, 2, 2]), $s)

np.subtract.at($w, [1, 1, 3], $p[:3])

np.fill_diagonal($o, $s)

$o[np.real($o) > 0.3] = 0.0

$w[np.real($v) > 0.0] *= $s

np.subtract($p, $w, out=$w)

np.sin($v, out=$w)

np.add($o[0], $p, out=$o[1])

np.multiply($o, $o, $o)

$o[[0, 1]] = $o[[1, 0]]

$o[0], $o[1] = $o[1].copy(), $o[0].copy()

$o += $o[::-1]

$w[1:] += $w[:-1]

$w[:-1] *= $w[1:]

$o[:, 1:] -= $o[:, :-1] * $s

$o[1:-1, 1:-1] = 0.25 * ($o[:-2, 1:-1] + $o[2:, 1:-1] + $o[1:-1, :-2] + $o[1:-1, 2:])

$o.reshape(-1)[3] = $s

$o.ravel()[::2] *= $s

$o[1][2:] = $w[:2]

# a 4
$k = $o[1:]
$j = $k.T
$j[0] = $s
$k *= 0.5
$a = $j.sum(axis=1)

# a 2
$k = $w[::2]
$w[0] = $s
$k += $w[1:3]
$a = $k * 2.0
$k[:] = 0.3

# a 4
$k = $w
$k += 1.0
$k = $k * $s
$k[0] = 0.0
$a = $k

# a 4
$a = np.zeros_like($v)
$a[1:3] = $v[:2] * $s
$a[0] += $a[1]

# a 3 4
$a = np.empty_like($m)
$a[0] = $p
$a[1:] = $m[:2] * $a[0]

# a 3 4
$a = np.zeros((3, 4), dtype=$v.dtype)
$a[:, 1] = $p[1:]
$a[2] += $v

# a 3 4
$a = np.ones_like($m) * $s
$a[:] = $a[::-1] + $p

# a 4
$a = np.full_like($v, 0.5)
$a -= $p
$a[-1] = $a[0] * $s

# a 3 4
$a = np.array($m)
$a[1] = $a[0]
$a[0] *= $s

# a 4; b 3
$a = $v.copy()
$b = $a[1:]
$b[...] = $b[::-1] * $s
$a += 1.0

# a 4; b 4
$a = $b = $p
$a += $s
$b = $b * 2.0
""")

LOOPED = idioms("""
for $i in range(1, 4):
    $w[$i] = $w[$i - 1] * $s + $v[$i]

for $i in range(3, 0, -1):
    $w[$i] -= $w[$i - 1] * 0.5

# a number
$a = 0.0
for $i, $j in zip($v, $p):
    $a += $i * np.sin($j)

# a number
$a = 0.5
for $k, $i in enumerate($m):
    $a = $a * 0.3 + $i[$k] * $v[$k]

# a number
$a = 0.0
for $i in range(3):
    for $j in range(4):
        $a += $m[$i, $j] * $v[$j] * $s

for $i in range(3):
    for $j in range($i + 1):
        $o[$i, $j] = $o[$j, $i] + $v[$j]

for $i in range(3):
    $o[$i] = $o[$i - 1] * 0.5 + $p

for $i in $o:
    $i *= $s
    $i[0] = $i[-1]

for $i in $o.T:
    $i[1:] += $i[:-1]

# a 3 4
$k = []
for $i in $m:
    $k.append($i * $s + $v)
$a = np.array($k)

# a 3
$k = []
for $i in $m:
    $k.append(np.sum($i ** 2))
$a = np.stack($k) * 0.5

# a 3 4
$k = [$v]
for $i in range(2):
    $k.append($k[-1] * 0.5 + $p)
$a = np.stack($k)

# a 4
$k = [$v, $p]
$k[0] = $k[1] * $k[0]
$a = np.concatenate($k)[2:6]

# a 3 4
$a = np.stack([$i * $j for $i, $j in zip($m, $v)])

# a 4
$a = np.array([$i * $i + $s for $i in $v])

# a number
$a = sum($i @ $v for $i in $m)

# a 4
$a = $v.copy()
for $i in range(3):
    $a[1:-1] = $a[1:-1] + 0.1 * ($a[2:] - 2.0 * $a[1:-1] + $a[:-2])

# a 4; b 4
$a, $b = $v.copy(), $p * 1.0
for $i in range(3):
    $b[1:] = $a[:-1] * 0.7
    $a, $b = $b, $a

# a 4
$a = $p * 1.0
for $i in range(4):
    $a = np.tanh($m.T @ ($m @ $a)) * 0.5
    if np.real($a[0]) > 0.3:
        break
    $a[0] += 0.2

# a 4
$a, $k = $p * 1.0, 0
while $k < 3 and np.real(np.sum($a)) < 2.5:
    $k += 1
    $a = $a * 0.6 + $v ** 2

# a number
$a = $s * 1.0
for $i in range(3):
    if np.real($v[$i]) < 0.0:
        continue
    $a += $v[$i] * $m[$i] @ $v

# a 3 4
$a = $m * 1.0
for $i in range(2):
    $k = $a[$i + 1] / (2.0 + np.cos($a[$i, $i]))
    $a[$i + 1] -= $k * $a[$i]

# a 4
$a = np.zeros_like($v)
for $i in range(4):
    $a[$i] = np.sum($v[:$i + 1]) * $s

# a 4
$a = np.zeros_like($v)
for $i in range(4):
    $a[3 - $i] += $v[$i] ** $i

# a 4
$k = {'w': $v, 'b': $s}
for $i in range(2):
    $k['w'] = $k['w'] * $k['b'] + $p
$a = $k['w']

# a 4
$k = [($m, $v), ($q, $p)]
$a = $v
for $i, $j in $k:
    $a = np.tanh($i.T @ ($i @ $a) * 0.3 + $j)

# a 4
$a = $v
for $i in [1, 2, 3]:
    $a = np.roll($a, $i) * $s + $p

for $i in range(4):
    if np.real($w[$i]) > 0.2:
        $w[$i] = $s
        break
else:
    $w[0] = 0.5

# a number
$k = $v[0]
for $i in $v:
    if np.real($i) > np.real($k):
        $k = $i
$a = $k * $s

# a 3
$k = $w[1:]
for $i in range(3):
    $k[$i] *= $w[$i]
$a = $k * 0.5
""")

CALLED = idioms("""
# a 3
def $f($i, $j=0.5):
    $i[0] = $j
    return $i[1:]
$a = $f($w, $s)

# a 4
def $f($i):
    return $i * $s + $v
$a = $f($p) + $f($v * 0.5)

# a 4
$k = $p * 1.0
def $f($i):
    nonlocal $k
    $k = $k * $i
    return $k
$a = $f(0.5) + $f($s)

# a number
$f = lambda $i: np.sum($i ** 2)
$a = $f($v) * $f($p)

# a 4
with np.errstate(all='ignore'):
    $a = $p / (1.5 + $v ** 2)

# a 4
$k = Held($v * 1.0, $p * 1.0)
$k.step($s)
$a = $k.a + $k.b

# a 4; b 4
$a, $b = ($v, $p) if np.real($s) > 0.3 else ($p, $v)

# a 4
$a = $v if np.real($s) > 0.3 else $v * 0.5

# a 4
$k = None
if np.real($s) > 0.2:
    $k = $p
$a = $v if $k is None else $k

# a 4
try:
    $a = np.linalg.solve(np.eye(4) + 0.1 * np.outer($v, $v), $p)
except np.linalg.LinAlgError:
    $a = $v

# a number
$a = float(4) * $v.reshape(2, 2)[0, 1] + $v.size * $m.shape[0] * $s

# a number
$k = [$v, $m]
$a = sum(np.sum($i ** 2) for $i in $k)
""")

REAL = idioms("""
# a 3 4
$k = np.linalg.cholesky(np.eye(3) * 2.0 + $m @ $m.T * 0.3)
$a = np.linalg.solve($k, $m)

# a number
$k = np.linalg.cholesky(np.eye(3) + $m @ $m.T)
$a = 2.0 * np.sum(np.log(np.diag($k)))

# a number
$a = np.linalg.slogdet(np.eye(3) + $m @ $m.T)[1]

# a 3
$a = np.linalg.eigvalsh(np.diag([1.0, 2.0, 4.0]) + 0.1 * $m @ $m.T)

# a 3
$k, $j = np.linalg.eigh(np.diag([1.0, 2.0, 4.0]) + 0.1 * $m @ $m.T)
$a = np.exp($k) * $j[0] ** 2

# a 3
$a = np.linalg.norm($m, axis=1) + np.linalg.norm($p)

# a 4
$a = np.abs($p) + np.hypot($v, 0.5)

# a 4
$a = $m.std(axis=0) + np.var($p, ddof=1)

# a 4
$a = np.max($m, axis=0) - $m.min()

# a 4
$a = np.maximum($v, $p) + np.clip($v, -0.3, 0.4)

# a 4
$a = np.sort($p)
$a[0] *= $s

$w.sort()
$w[1:] -= $s

# a 3
$a = np.median($m, axis=1) + np.ptp($v)

# a number
$a = np.percentile($v, 30.0) * $s

# a 4
$a = np.interp($p, [-1.0, 0.0, 0.7, 1.5], $v)

# a 4
$a = np.sign($v) * np.sqrt(np.abs($v) + 0.1) + np.floor($p)

# a 4
$a = np.arctan2($v, $p) + np.logaddexp($v, 0.3)

# a 4
$a = np.minimum.reduce([$v, $p, $v * 0.5]) + np.fmax($v, 0.1)

# a 4
$a = np.real(np.fft.ifft(np.fft.fft($v) * np.fft.fft($p)))

# a 4
$a = np.power(np.abs($v) + 0.2, $p)

# a number
$a = np.trapezoid($p, dx=0.5) if hasattr(np, 'trapezoid') else np.trapz($p, dx=0.5)

# a 3
$a = np.outer($v, $p).max(axis=0)[:3] + np.correlate($v, $p[:2])
""")
"""Not analytic, or for real arrays alone."""

IDIOMS = LINEAR + REDUCED + SELECTED + WRITTEN + LOOPED + CALLED + REAL


def new_arrays(idiom: str) -> dict[str, Shape]:
    """The shapes of ``$a`` and ``$b``."""
    head = idiom.partition("\n")[0]
    if not head.startswith("#"):
        return {}
    found = re.findall(r"([ab]) ([\d ]+|number)", head)
    return {name: () if size == "number" else tuple(map(int, size.split())) for name, size in found}
