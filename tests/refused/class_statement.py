def f(x):
    scale = 2.0 * x

    class Point:
        def scaled(self, y):
            return scale * y

    return Point().scaled(x)


# The message:
# class_statement.py:4:5: a class that a function makes, which reads its variable `scale`
#      4 |     class Point:
#        |     ^^^^^^^^^^^^
# Give it to the constructor, or define the class outside of functions.
