def f(x):
    while True:
        try:
            raise ValueError("never seen")
        finally:
            return x * x


# The message:
# finally_that_returns_for_good.py:3:9: return, break or continue in a finally clause
#      3 |         try:
#        |         ^^^^
# Write it after the try.
