def f(x):
    table = {"a": x}
    return table.pop("b")


# The message:
# pop_of_a_missing_key.py:3:12: there is no key 'b' to pop
#      3 |     return table.pop("b")
#        |            ^^^^^^^^^^^^^^
# Give a default.
