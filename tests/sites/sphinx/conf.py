"""A small documentation site with a live figure; tests say where the playground is."""

project = "A library"
extensions = ["compression_playground.sphinx"]
html_theme = "furo"
latex_documents = [("index", "library.tex", "A library", "its authors", "manual")]
man_pages = [("index", "library", "A library", ["its authors"], 1)]
