def f(x):
    class Point:
        pass

    return x * x


# The message:
# class_statement.py:2:5: `class` statements are not supported
#      2 |     class Point:
#        |     ^^^^^^^^^^^^
# Write the computation with assignments, if, for, while, try and return.
