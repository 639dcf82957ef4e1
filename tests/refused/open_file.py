def f(x):
    return x * float(open("table.txt").read())


# The message:
# open_file.py:2:22: `open` inside a function
#      2 |     return x * float(open("table.txt").read())
#        |                      ^^^^^^^^^^^^^^^^^
# Read the file outside and pass its content in.
