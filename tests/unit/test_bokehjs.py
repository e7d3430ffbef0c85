"""Of BokehJS the page has what its documents can ask for, and that works; the rest is not there."""

from __future__ import annotations

import json
import subprocess

import pytest

from static import bokehjs

# Two files in BokehJS's form: modules that ask for others by number, the mains register what they have.
CORE = """(function(root, factory) {
  root.Bokeh = factory();
})(globalThis, function() {
  return (function(modules, entry, aliases) {
    const cache = {};
    const require = (id) => {
      if (typeof id === "string") id = aliases[id];
      if (!cache[id]) modules[id].call(cache[id] = {}, require, null, cache[id], () => {}, () => {});
      return cache[id];
    };
    const main = require(entry);
    main.require = require;
    main.register_plugin = (more, first, names) => { Object.assign(modules, more); require(first); };
    return main;
  })
([
function _(t,e,n,o,r){o();t(1);n.registered=t(2).all},
function _(t,e,n,o,r){o();(0,t(2).register_models)({...t(3),...t(4)})},
function _(t,e,n,o,r){n.all=[];n.register_models=(m)=>n.all.push(...Object.keys(m))},
function _(t,e,n,o,r){o();const a=t(5);class s extends a.Base{}n.Plot=s,s.__name__="Plot"},
function _(t,e,n,o,r){throw new Error("it was run")},
function _($,e,n,o,r){o();const i=(n)=>n(99);class s{}n.Base=s,s.__name__="Base",$(2).all.push("Base")},
function _(t,e,n,o,r){o();n.way=`for
scripts`},
], 0, {"index":0,"models/main":1,"base":2,"models/plot":3,"models/chart":4,"core/base":5,"core/way":6}, {});});
"""
WIDGETS = """(function(root, factory) {
  factory(root.Bokeh);
})(globalThis, function(Bokeh) {
  return (function(modules, entry, aliases) {
    return Bokeh.register_plugin(modules, entry, aliases);
  })
({
10: function _(t,e,n,o,r){o();(0,t(2).register_models)({...t(11),...t(12)})},
11: function _(t,e,n,o,r){o();class s extends t(5).Base{}n.Slider=s,s.__name__="Slider"},
12: function _(t,e,n,o,r){o();class s{}n.Table=s,s.__name__="Table"},
}, 10, {"models/widgets/main":10,"models/widgets/slider":11,"models/widgets/table":12}, {});});
"""
SCRIPT = 'Bokeh.require("core/way").way'


def run(files: list[str], expression: str):
    script = ";\n".join([*files, f"console.log(JSON.stringify({expression}))"])
    done = subprocess.run(["node", "-e", script], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_what_is_shown_is_registered_and_what_nothing_asks_for_is_not_there():
    files = bokehjs.lean([CORE, WIDGETS], {"Plot", "Slider", "Base"}, set(), [SCRIPT])
    assert run(files, "Bokeh.registered") == ["Base", "Plot", "Slider"], "each of them once"
    assert run(files, SCRIPT) == "for\nscripts"
    assert "it was run" not in files[0] and "Table" not in files[1] and '"models/chart"' not in files[0]


def test_a_word_may_be_the_name_of_a_model_and_need_not_be():
    files = bokehjs.lean([CORE, WIDGETS], {"Plot"}, {"Table", "Painting"}, [])
    assert run(files, "Bokeh.registered") == ["Base", "Plot", "Table"]
    assert '"core/way"' not in files[0]


@pytest.mark.parametrize(
    ("files", "models", "script", "said"),
    [
        ([CORE, WIDGETS], {"Painting"}, "", "no module of BokehJS defines Painting"),
        ([CORE, WIDGETS], {"Plot"}, 'Bokeh.require("core/gone")', "BokehJS has no module core/gone"),
        ([CORE.replace("models/main", "main"), WIDGETS], {"Plot"}, "", "BokehJS has no module models/main"),
        ([CORE, "console.log()"], {"Plot"}, "", "a file of BokehJS is no list of modules"),
    ],
)
def test_files_that_look_different_are_told(files, models, script, said):
    with pytest.raises(ValueError, match=said):
        bokehjs.lean(files, models, set(), [script])
