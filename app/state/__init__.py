"""What a person has chosen: one frozen value, its link, and the edits that widgets make."""
