// What a pointer or the arrow keys do on the picture of a person's own input: draw a digit, or drag what is there. The
// strokes of a digit become 8 x 8 numbers as those of the data set did; all the rest is Python's.

import { nameWidgets } from "./page.js";

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

const SAID = {
  ink: "Drawing: arrow keys move the pen, the space bar sets it down or lifts it",
  drag: "Your input: arrow keys move it",
};

/** Wire the place for inputs of the person's own. `attempt(change)` gives a promise that both files have answered. */
export function startPad(attempt) {
  const place = document.getElementById("own");
  const pad = document.getElementById("pad");
  const clear = document.getElementById("pad-clear");
  const canvas = pad.querySelector("canvas");
  const pen = { at: [0.5, 0.5], down: false };
  let strokes = [];
  let next = null; // what has happened since the last question
  let asked = false; // an answer is on its way

  /** Newest wins: while one answer is on its way, moves come together. */
  async function tell(change) {
    next = next && change?.by && next.by ? { by: next.by.map((by, axis) => by + change.by[axis]) } : change;
    if (asked) return;
    asked = true;
    while (next !== null) {
      const now = next;
      next = null;
      await attempt(now.closed ? null : now);
    }
    asked = false;
  }

  const ink = () => tell({ ink: strokes.length ? numbers(strokes) : new Array((SIDE / BLOCK) ** 2).fill(0) });

  function drawn() {
    draw();
    ink();
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
    if (pad.matches(":focus-visible")) {
      context.lineWidth = 2;
      context.strokeStyle = style.outlineColor;
      context.strokeRect(pen.at[0] * width - 6, pen.at[1] * width - 6, 12, 12);
    }
  }

  const within = (part) => Math.max(0, Math.min(1, part));
  const draws = () => pad.dataset.pad === "ink";

  function pointed(event) {
    const { left, top, width, height } = (draws() ? canvas : pad).getBoundingClientRect();
    const at = [within((event.clientX - left) / width), within((event.clientY - top) / height)];
    if (!draws()) return void tell({ at });
    if (event.type === "pointerdown") strokes.push([]);
    strokes.at(-1).push(at);
    drawn();
  }
  pad.onpointerdown = (event) => {
    if (!pad.dataset.pad) return;
    pad.setPointerCapture(event.pointerId);
    pointed(event);
  };
  pad.onpointermove = (event) => pad.hasPointerCapture(event.pointerId) && pointed(event);
  pad.onkeydown = (event) => {
    const [dx, dy] = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key] ?? [0, 0];
    const space = event.key === " " && draws();
    if (!pad.dataset.pad || !(space || dx || dy)) return;
    event.preventDefault();
    event.stopPropagation();
    if (!draws()) return void tell({ by: [dx, dy] });
    if (space) pen.down = !pen.down;
    else pen.at = [within(pen.at[0] + dx * STEP), within(pen.at[1] + dy * STEP)];
    if (!pen.down) return draw();
    if (space) strokes.push([]);
    strokes.at(-1).push(pen.at);
    drawn();
  };
  pad.onfocus = pad.onblur = draw;
  clear.onclick = () => {
    strokes = [];
    drawn();
  };
  place.ontoggle = async () => {
    await tell(place.open ? {} : { closed: true });
    if (place.open) place.scrollIntoView({ block: "nearest" });
  };
  place.onkeydown = (event) => {
    if (event.key !== "Escape" || !place.open) return;
    place.open = false;
    place.querySelector("summary").focus();
    event.stopPropagation();
  };

  return {
    /** There is something that answers. */
    live() {
      place.hidden = false;
    },
    /** Python has drawn something, which may be new sliders; BokehJS has made them once it has painted. */
    drawn() {
      if (place.open) requestAnimationFrame(() => setTimeout(nameWidgets, 0, place));
    },
    /** What a pointer now does on the picture: "ink", "drag" or nothing. */
    show(does) {
      pad.dataset.pad = does;
      clear.hidden = does !== "ink";
      pad.tabIndex = does ? 0 : -1;
      pad.role = does ? "application" : null;
      pad.ariaLabel = SAID[does] ?? null;
      if (!draws()) return;
      draw();
      if (strokes.length) ink();
    },
  };
}
