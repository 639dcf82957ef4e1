def f(x):
    shown = f"{x:.3f}"
    return x * float(shown)


# The message:
# text_read_back.py:3:16: a derivative would have to flow through a text that is read back
#      3 |     return x * float(shown)
#        |                ^^^^^^^^^^^^
# Use the number itself, or round(x, n) of it.
