ARGUMENTS = (2.0, 3)


def f(x, n):
    row = [x]
    rows = []
    for _ in range(n):
        rows.append(row)
    row[0] = 5.0
    return rows[0][0]


# The message:
# write_after_sharing.py:9:5: this list is written to after it was put into another container or joined from several branches
#      9 |     row[0] = 5.0
#        |     ^^^^^^
# Write to it before, or write through the container.
