"""Clustering: the values that many weights can share."""
