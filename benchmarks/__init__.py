"""How fast the slow parts are, each as a ratio to a simpler thing measured in the same run on the same machine."""
