"""The version, in its one place: the package, its metadata and generated headers read it."""

__version__ = "0.1.0"
