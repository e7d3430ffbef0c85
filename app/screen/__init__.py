"""Everything that is drawn: reads a Scene and computes no metric."""
