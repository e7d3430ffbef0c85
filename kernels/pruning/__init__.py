"""What can be left out: criteria, masks, and channels taken out of a network."""
