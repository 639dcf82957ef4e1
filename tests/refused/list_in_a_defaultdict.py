from collections import defaultdict


def f(x):
    groups = defaultdict(list)
    groups["low"].append(x * x)
    return sum(groups["low"])


# The message:
# list_in_a_defaultdict.py:5:14: cannot differentiate through `defaultdict`
#      5 |     groups = defaultdict(list)
#        |              ^^^^^^^^^^^^^^^^^
# It has neither Python source nor a rule. Register its derivative with chainrule.define_derivative, or pass its value in as a parameter.
