"""Which channels of a network go together, followed from the layers that make them to those that read them."""
