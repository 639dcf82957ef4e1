import heapq


def f(x):
    heap = [x, 2.0 * x]
    heapq.heappush(heap, x * x)
    return heap[0]


# The message:
# heap_of_a_list.py:6:5: `heapq.heappush` writes to what it is given
#      6 |     heapq.heappush(heap, x * x)
#        |     ^^^^^^^^^^^^^^^^^^^^^^^^^^^
# Write it with the methods of lists.
