async def f(x):
    return x * x


# The message:
# async_function.py:1:1: `f` is an async function
#      1 | async def f(x):
#        | ^^^^^^^^^^^^^^^
# Differentiate the plain function that does the arithmetic.
