"""Training and prediction: the only room that needs torch."""
