class Counter:
    runs = 0


def f(x):
    Counter.runs += 1
    return x * x


# The message:
# class_attribute_written.py:6:5: assignment to an attribute of this value
#      6 |     Counter.runs += 1
#        |     ^^^^^^^^^^^^
# Return the value instead.
