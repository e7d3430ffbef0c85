"""The left column: widgets made from what each technique declares."""
