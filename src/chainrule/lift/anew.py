"""What is raised where lifting has to begin anew, knowing what was found."""


class Anew(Exception):
    """Something was lifted as what it turned out not to be."""
