def counted():
    calls = 0

    def square(x):
        nonlocal calls
        calls += 1
        return x * x

    return square


f = counted()


# The message:
# enclosing_variable_written.py:6:9: assignment to `calls` of the function around
#      6 |         calls += 1
#        |         ^^^^^^^^^^
# Return the value instead: a derivative must not change what is outside.
