import operator


def f(x):
    return operator.concat([x], [1.0])[0]


# The message:
# no_source.py:5:12: cannot differentiate through `operator.concat`
#      5 |     return operator.concat([x], [1.0])[0]
#        |            ^^^^^^^^^^^^^^^^^^^^^^^^^^^
# It has neither Python source nor a rule. Register its derivative with chainrule.define_derivative, or pass its value in as a parameter.
