// The service worker: where the network gives no answer, what the page has kept does (offline.js keeps it and clears it
// away). It knows no version and no list of files, so it need never change, and nobody is stranded on an old one.

const SITE = new URL("./", location.href).href;
const PATIENCE = 4000; // ms that a page waits for its first answer, if it could be shown from what is kept
const kept = new Set(); // clients whose page came from what is kept: so does the rest, that it be of one version

addEventListener("install", () => skipWaiting());
addEventListener("activate", (event) => event.waitUntil(clients.claim()));
addEventListener("fetch", (event) => {
  if (event.request.method === "GET" && event.request.url.startsWith(SITE)) event.respondWith(answer(event));
});

async function answer({ request, clientId, resultingClientId }) {
  const opens = request.mode === "navigate";
  const mine = opens || kept.has(clientId) ? await stored(request) : undefined;
  const keep = () => {
    if (resultingClientId) kept.add(resultingClientId);
    return mine;
  };
  if (mine && !opens) return keep();
  try {
    const coming = fetch(request);
    const response = await (mine ? Promise.race([coming, late()]) : coming);
    return mine && response.status >= 500 ? keep() : response;
  } catch (error) {
    const found = mine ? keep() : await stored(request);
    if (found) return found;
    throw error;
  }
}

function late() {
  return new Promise((_, reject) => setTimeout(reject, PATIENCE, new Error("late")));
}

/** What is kept of an address: of a folder its page, whatever stands behind the question mark. */
function stored(request) {
  const { origin, pathname } = new URL(request.url);
  return caches.match(origin + pathname.replace(/\/$/, "/index.html"), { ignoreVary: true });
}
