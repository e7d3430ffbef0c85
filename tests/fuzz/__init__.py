"""Inputs that nobody would write, by lot, into everything that takes one: files, links, changes, messages, histories.

A case is named by its kind and number, and is the same in every run. Each ends in one of two ways: it is taken, or a
sentence says why not. Cases run in processes of their own, with limits of memory and time, so a crash or an endless
loop is found like anything else. What was once found stays in ``corpus/`` as ``KIND-NAME`` and is tried first.
"""
