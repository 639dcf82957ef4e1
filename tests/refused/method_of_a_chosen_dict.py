def f(x):
    groups = {"low": {"sum": x}, "high": {"sum": x * x, "last": x}}
    key = "low" if x < 1.0 else "high"
    groups[key].update(sum=3.0 * x)
    return groups["low"]["sum"] + 2.0 * groups["high"]["sum"]


# The message:
# method_of_a_chosen_dict.py:4:5: writing to a list, dict or object that is chosen at run time
#      4 |     groups[key].update(sum=3.0 * x)
#        |     ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
# Choose it by `if`, and write to it in each arm.
