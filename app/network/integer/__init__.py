"""Layers that multiply integers: their weights, their operators, and how codes pass from one to the next.

When inputs are rounded, and on which grid, a technique decides (`kernels.activations`); files of others that multiply
integers are read in `opening.integer_operators`.
"""
