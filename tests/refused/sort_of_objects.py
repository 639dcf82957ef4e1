from dataclasses import dataclass


@dataclass
class Part:
    price: float
    weight: float


def f(prices):
    parts = [Part(price, price * price) for price in prices]
    parts.sort(key=lambda part: part.price)
    return parts[0].weight


ARGUMENTS = ([3.0, 1.0, 2.0],)


# The message:
# sort_of_objects.py:12:5: `sort` of a list of records that are written to
#     12 |     parts.sort(key=lambda part: part.price)
#        |     ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
# Give the sorted list another name: `ordered = sorted(...)`.
