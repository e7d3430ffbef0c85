// embed.html: the element alone, for pages that can hold a frame but no script. The address says what its attributes would.

const element = document.querySelector("compression-playground");

for (const [name, value] of new URLSearchParams(location.search)) {
  if (element.constructor.fields.includes(name)) element.setAttribute(name, value);
}
new ResizeObserver(([{ target }]) => {
  parent.postMessage({ playground: 1, type: "height", height: Math.ceil(target.getBoundingClientRect().height) }, "*");
}).observe(document.body);
