// A digit of one's own: strokes become 8 x 8 numbers as those of the data set did, and both files answer at once.

const SIDE = 32; // dots along each side of the bitmap
const BLOCK = 4; // dots along each side of what becomes one number
const PEN = 2.5; // radius, in dots: digits then have as much ink as those of the set
const STEP = 1 / 16; // of the canvas, by which an arrow key moves the pen

/** What strokes, each a list of [x, y], come to: 64 numbers from 0 to 1, row by row. */
export function numbers(strokes) {
  return counted(bitmap(strokes));
}

/** How much of each block of 4 x 4 dots is ink, as in the UCI set of optical digits. */
export function counted(dots) {
  const counts = new Array((SIDE / BLOCK) ** 2).fill(0);
  dots.forEach((ink, at) => {
    const row = Math.floor(at / SIDE / BLOCK);
    const column = Math.floor((at % SIDE) / BLOCK);
    counts[(row * SIDE) / BLOCK + column] += ink;
  });
  return counts.map((count) => count / BLOCK ** 2);
}

/** 32 x 32 dots, 1 for ink; the strokes fill the height or the width, as the digits of the set do. */
function bitmap(strokes) {
  const points = strokes.flat();
  const [left, top] = [0, 1].map((axis) => Math.min(...points.map((point) => point[axis])));
  const [width, height] = [0, 1].map((axis) => Math.max(...points.map((point) => point[axis])) - [left, top][axis]);
  const room = SIDE - 2 * PEN;
  const scale = room / Math.max(width, height, 0.2);
  const put = ([x, y]) => [
    (x - left - width / 2) * scale + SIDE / 2,
    (y - top - height / 2) * scale + SIDE / 2,
  ];
  const segments = strokes.flatMap((stroke) => stroke.map((point, k) => [put(stroke[Math.max(0, k - 1)]), put(point)]));
  return Array.from({ length: SIDE * SIDE }, (_, at) => {
    const dot = [(at % SIDE) + 0.5, Math.floor(at / SIDE) + 0.5];
    return Number(segments.some((segment) => distance(dot, segment) <= PEN));
  });
}

function distance([x, y], [[ax, ay], [bx, by]]) {
  const [dx, dy] = [bx - ax, by - ay];
  const along = Math.max(0, Math.min(1, ((x - ax) * dx + (y - ay) * dy) / (dx * dx + dy * dy || 1)));
  return Math.hypot(x - ax - along * dx, y - ay - along * dy);
}

/** Wire the drawing of the page. `predict(numbers)` gives a promise of what both files put out. */
export function startDrawing(predict) {
  const place = document.getElementById("draw");
  const canvas = place.querySelector("canvas");
  const pen = { at: [0.5, 0.5], down: false };
  let strokes = [];
  let asked = false; // an answer is on its way
  let again = false;

  async function answer() {
    if (!place.open || place.hidden || strokes.length === 0) return;
    if (asked) return void (again = true);
    asked = true;
    const said = await predict(numbers(strokes)).catch(() => null); // if nothing computes any more, the page says so
    asked = false;
    if (said) for (const [name, outputs] of Object.entries(said)) tell(name, outputs);
    if (again) {
      again = false;
      answer();
    }
  }

  function tell(name, outputs) {
    const powers = outputs.map((output) => Math.exp(output - Math.max(...outputs)));
    const best = outputs.indexOf(Math.max(...outputs));
    const share = powers[best] / powers.reduce((sum, power) => sum + power);
    const said = place.querySelector(`[data-says=${name}]`);
    said.querySelector("b").textContent = strokes.length ? best : "";
    said.querySelector("span").textContent = strokes.length ? `${Math.round(100 * share)} %` : "";
  }

  function changed() {
    draw();
    answer();
  }

  function draw() {
    const context = canvas.getContext("2d");
    const { width } = canvas;
    const style = getComputedStyle(canvas);
    context.clearRect(0, 0, width, width);
    context.lineCap = context.lineJoin = "round";
    context.lineWidth = width / 10;
    context.strokeStyle = style.color;
    for (const stroke of strokes) {
      context.beginPath();
      for (const [x, y] of [stroke[0], ...stroke]) context.lineTo(x * width, y * width);
      context.stroke();
    }
    if (document.activeElement === canvas && canvas.matches(":focus-visible")) {
      context.lineWidth = 2;
      context.strokeStyle = style.outlineColor;
      context.strokeRect(pen.at[0] * width - 6, pen.at[1] * width - 6, 12, 12);
    }
  }

  function clear() {
    strokes = [];
    for (const said of place.querySelectorAll("[data-says] :is(b, span)")) said.textContent = "";
    draw();
  }

  const at = (event) => {
    const { left, top, width } = canvas.getBoundingClientRect();
    return [(event.clientX - left) / width, (event.clientY - top) / width].map((part) => Math.max(0, Math.min(1, part)));
  };
  canvas.onpointerdown = (event) => {
    canvas.setPointerCapture(event.pointerId);
    strokes.push([at(event)]);
    changed();
  };
  canvas.onpointermove = (event) => {
    if (!canvas.hasPointerCapture(event.pointerId)) return;
    strokes.at(-1).push(at(event));
    changed();
  };
  canvas.onkeydown = (event) => {
    const [dx, dy] = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key] ?? [0, 0];
    if (event.key === " ") {
      pen.down = !pen.down;
      if (pen.down) strokes.push([pen.at]);
    } else if (dx || dy) {
      pen.at = [pen.at[0] + dx * STEP, pen.at[1] + dy * STEP].map((part) => Math.max(0, Math.min(1, part)));
      if (pen.down) strokes.at(-1).push(pen.at);
    } else return;
    event.preventDefault();
    event.stopPropagation();
    if (pen.down) changed();
    else draw();
  };
  canvas.onfocus = canvas.onblur = draw;
  place.querySelector("button").onclick = clear;
  place.ontoggle = answer;

  return {
    /** A new Result is there. */
    renew: answer,
    /** It is there for models that read such digits. */
    show({ model }) {
      place.hidden = !model.startsWith("digits-");
    },
  };
}
