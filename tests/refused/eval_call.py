def f(x):
    return x * eval("x + 1")


# The message:
# eval_call.py:2:16: `eval` inside a function
#      2 |     return x * eval("x + 1")
#        |                ^^^^^^^^^^^^^
# Write the expression into the function.
