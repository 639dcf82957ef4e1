def f(prices):
    parts = [{"price": price, "weight": price * price} for price in prices]
    parts[0]["weight"] += 1.0
    parts.sort(key=lambda part: part["price"])
    return parts[0]["weight"]


ARGUMENTS = ([3.0, 1.0, 2.0],)


# The message:
# sort_of_objects.py:4:5: `sort` of a list of records that are written to
#      4 |     parts.sort(key=lambda part: part["price"])
#        |     ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
# Give the sorted list another name: `ordered = sorted(...)`.
