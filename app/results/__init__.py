"""All that a control or a view may read: values, and nothing that computes."""
