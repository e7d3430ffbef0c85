"""The answers by groups: how each fares, which class is taken for which, how sure the model is."""
