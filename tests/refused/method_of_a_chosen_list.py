def f(x):
    groups = {"low": [x], "high": [x * x]}
    key = "low" if x < 1.0 else "high"
    groups[key].append(x)
    return sum(groups["low"]) + 2.0 * sum(groups["high"])


# The message:
# method_of_a_chosen_list.py:4:5: `.append` of a list, dict or object that is chosen at run time
#      4 |     groups[key].append(x)
#        |     ^^^^^^^^^^^^^^^^^^^^^
# Choose it by `if`, and write to it in each arm.
