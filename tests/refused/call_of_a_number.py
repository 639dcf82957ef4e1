def f(x):
    y = x * x
    return y(2.0)


# The message:
# call_of_a_number.py:3:12: a call of what is no function
#      3 |     return y(2.0)
#        |            ^^^^^^
# Call a function, or pass one in.
