def f(prices):
    parts = [{"price": price, "weight": price * price} for price in prices]
    first = parts[0]
    parts.sort(key=lambda part: part["price"])
    first["weight"] += 1.0
    return parts[0]["weight"]


ARGUMENTS = ([3.0, 1.0, 2.0],)


# The message:
# sort_of_objects.py:4:5: `first`, a record of a list that was sorted since
#      4 |     parts.sort(key=lambda part: part["price"])
#        |     ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
# Sort it before, or give the sorted list another name: `ordered = sorted(...)`.
