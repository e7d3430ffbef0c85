"""Layers that multiply integers: their weights, their operators, and how codes pass from one to the next."""
