"""The acceptance checks of the features, by the number of their row."""
