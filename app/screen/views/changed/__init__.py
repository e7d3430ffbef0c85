"""The samples whose answers changed, in one picture for each kind of sample."""
