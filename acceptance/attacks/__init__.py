"""Hostile inputs, by where they come from."""
