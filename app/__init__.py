"""The playground, in rooms. Each room's first line says what it is for; the floors are in README's code map."""
