SEEN = []


def f(x):
    SEEN.append(x)
    return sum(SEEN) * x


# The message:
# outside_changed_and_read.py:5:5: this call changes what the function reads outside of itself
#      5 |     SEEN.append(x)
#        |     ^^^^^^^^^^^^^^
# Keep the values in a list or a variable of the function's own, or pass in what is changed as an argument.
