MEMO = {2: 1.5}


def f(x, n=2):
    if n in MEMO:
        return MEMO[n]
    MEMO[n] = x**n
    return MEMO[n]


# The message:
# outside_memo_of_earlier_calls.py:4:1: what `MEMO` holds already is of an earlier call, and its slope is not known
#      4 | def f(x, n=2):
#        | ^^^^^^^^^^^^^^
# Empty it before the derivative is called: `MEMO.clear()`.
