import json


def f(x):
    entries = json.loads("[1, 2]") if x > 1.0 else json.loads("[3]")
    total = 0.0
    for entry in entries:
        total += entry * x
    return total


# The message:
# loop_over_what_the_run_tells.py:7:18: a loop over what only the run tells
#      7 |     for entry in entries:
#        |                  ^^^^^^^
# Loop over a list, a tuple or a range.
