"""Which channels of a network go together, followed from the layers that make them to those that read them.

What a technique then does with a channel group is for `kernels`; here is only said what depends on what.
"""
