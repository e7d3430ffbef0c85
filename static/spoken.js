// For who cannot see the page: what has come of a change is said once it rests, and the picture has a name.

const REST = 900; // ms without news: a drag brings some many times a second

let speaking = new AbortController();

/** Call when BokehJS has painted, and again when it has painted anew. */
export function startSpeaking() {
  speaking.abort();
  speaking = new AbortController();
  const { signal } = speaking;
  const [figures, answer, notes] = ["figures", "view-text", "notes"].map(contentOf);
  const spoken = document.getElementById("spoken");
  let said = inWords(figures, answer, notes);
  let timer;
  let dragging = false;

  function rest() {
    clearTimeout(timer);
    if (!dragging) timer = setTimeout(say, REST);
  }

  function say() {
    namePicture(sentence(answer));
    const words = inWords(figures, answer, notes);
    if (words !== said) spoken.textContent = said = words;
  }

  const news = new MutationObserver(rest);
  for (const pane of [figures, answer]) news.observe(pane, { characterData: true, childList: true, subtree: true });
  signal.addEventListener("abort", () => {
    news.disconnect();
    clearTimeout(timer);
  });
  const drag = (on) => () => {
    dragging = on;
    rest();
  };
  addEventListener("pointerdown", drag(true), { capture: true, signal });
  for (const end of ["pointerup", "pointercancel"]) addEventListener(end, drag(false), { capture: true, signal });
  namePicture(sentence(answer));
}

/** What BokehJS has painted in a place, in its shadow tree. */
function contentOf(name) {
  return [...document.querySelectorAll(`[data-root="${name}"] *`)].find((element) => element.shadowRoot).shadowRoot;
}

function sentence(answer) {
  return answer.querySelector("p")?.textContent ?? "";
}

/** What stands in the way, the score and the size, unless the sentence of the view has them, and that sentence. */
function inWords(figures, answer, notes) {
  const [score, size] = [...figures.querySelectorAll("dl > div")].map((figure) => {
    const [label, mark] = figure.querySelector("dt").childNodes;
    const number = figure.querySelector(".number").textContent;
    return { number, words: [label.textContent, number, mark?.textContent].filter(Boolean).join(" ") };
  });
  const more = [score, size].filter(({ number }) => !sentence(answer).includes(number)).map(({ words }) => `${words}. `);
  const warned = notes.querySelector(".takeover span")?.textContent;
  return [warned, more.join("") + sentence(answer)].filter(Boolean).join(" ");
}

/** The picture of the view in sight is a figure that its sentence describes; BokehJS draws on a canvas without a name. */
function namePicture(name) {
  const { view } = document.querySelector("#views [aria-selected=true]").dataset;
  for (const place of document.querySelectorAll(".view")) {
    const inSight = place.dataset.root === `view-${view}`;
    for (const [attribute, value] of [["role", "figure"], ["aria-label", name]])
      if (inSight) place.setAttribute(attribute, value);
      else place.removeAttribute(attribute);
  }
}
