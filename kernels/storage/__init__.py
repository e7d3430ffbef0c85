"""How numbers are stored in few bits, and what that costs them."""
