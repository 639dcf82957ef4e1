def f(x):
    try:
        return x * x
    finally:
        return x


# The message:
# finally_that_returns.py:2:5: return, break or continue in a finally clause
#      2 |     try:
#        |     ^^^^
# Write it after the try.
