"""What Python's builtins and its standard library do, spelled out."""
