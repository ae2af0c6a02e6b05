"""Translation: rows of a task in other languages, by a sequence-to-sequence model."""
