def f(x):
    async def inner():
        return x

    return x * x


# The message:
# async_for.py:2:5: async statements are not supported
#      2 |     async def inner():
#        |     ^^^^^^^^^^^^^^^^^^
# Differentiate the plain function that does the arithmetic.
