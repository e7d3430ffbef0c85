"""What writes the stored outputs is no test, and needs coremltools."""

collect_ignore = ["make_coremltools.py"]
