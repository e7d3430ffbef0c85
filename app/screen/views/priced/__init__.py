"""What the device view is made of: a row a layer, and the numbers of the device."""
