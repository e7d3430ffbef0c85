"""A notebook with a live figure, whose Result the next cell reads; a test puts its address in the place of SITE."""

import marimo

app = marimo.App()


@app.cell
def figure():
    import marimo
    from compression_playground.widget import Playground

    playground = marimo.ui.anywidget(Playground("SITE/?v=1&model=spirals&recipe=prune,sparsity:0.5"))
    marimo.vstack([playground])
    return marimo, playground


@app.cell
def told(marimo, playground):
    marimo.md(f"{playground.value['state'].get('model')} was read")
    return


if __name__ == "__main__":
    app.run()
