"""What writes the stored outputs is no test, and needs packages that tests do not."""

collect_ignore_glob = ["make_*.py"]
