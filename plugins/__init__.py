"""The built-in plugins; they use the public contract only."""
