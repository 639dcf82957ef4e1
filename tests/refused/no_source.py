import operator


def f(x):
    return operator.itemgetter(0)([x, 1.0])


# The message:
# no_source.py:5:12: cannot differentiate through `operator.itemgetter(0)`
#      5 |     return operator.itemgetter(0)([x, 1.0])
#        |            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
# It has neither Python source nor a rule. Register its derivative with chainrule.define_derivative, or pass its value in as a parameter.
