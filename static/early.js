// What a link asks for, on the painted controls until Python has read it: the model, the switches, what each is set to.
// Only Python judges a link. What is shown here is taken back before its answer comes, in the same picture.

/** Show the model and the recipe of a link; gives a function that takes them back. */
export function showEarly(doc, query) {
  const fields = new URLSearchParams(query);
  const before = [];
  const put = (model, change) => {
    before.push([model, Object.fromEntries(Object.keys(change).map((name) => [name, model[name]]))]);
    model.setv(change, { sync: false });
  };
  const choose = (model, text) => {
    if (model?.options ? model.options.some(([value]) => value === text) : Number(text) >= model?.start && Number(text) <= model.end)
      put(model, { value: model.options ? text : Number(text) });
  };

  if (fields.has("model")) choose(doc.get_model_by_name("model"), fields.get("model"));
  if (fields.has("recipe")) {
    const steps = fields.get("recipe").split(";").map((step) => step.split(","));
    const sections = [...doc.all_models].filter(({ css_classes }) => css_classes?.[0] === "technique");
    for (const section of sections) {
      const [kind, technique] = section.css_classes;
      const at = steps.findIndex(([name]) => name === technique);
      put(section, { css_classes: [kind, technique, at < 0 ? "off" : `step${at + 1}`] });
      put(section.children[0], { active: at >= 0 });
      for (const pair of steps[at]?.slice(1) ?? []) {
        const [name, text] = pair.split(":");
        choose(doc.get_model_by_name(`${technique}.${name}`), text);
      }
    }
  }
  return () => before.reverse().forEach(([model, change]) => model.setv(change, { sync: false }));
}
