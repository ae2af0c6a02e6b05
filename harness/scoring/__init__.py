"""Scoring: predictions in, scores with intervals and paired comparisons out. Needs numpy and pyarrow only."""
