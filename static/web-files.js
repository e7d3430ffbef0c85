// The files of the site, as boot.js asks for them in a browser; counts what has come.

const MEASURED = [250_000, 1_250_000]; // bytes between which the line is measured: before, it has yet to find its pace

/**
 * @param base URL of the site's folder
 * @param sizes bytes of each file of the start, by path, as they are after the host's compression is undone
 * @param onProgress (done, total) in bytes, of the files that were asked for
 */
export function webFiles(base, sizes, onProgress) {
  let [total, done, told] = [0, 0, 0];
  let [since, measured] = [null, null];
  const rate = new Promise((resolve) => (measured = resolve));

  async function get(path) {
    const response = await fetch(url(path)).catch(() => null);
    if (!response) throw new Error(`${path} cannot be loaded. Is the network there?`);
    if (!response.ok) throw new Error(`${path} is missing from this site (HTTP ${response.status}).`);
    return response;
  }

  /** Tell the length of each piece of a response that comes. */
  async function counted(response, came) {
    for (const reader = response.clone().body.getReader(); ; ) {
      const { value, done: end } = await reader.read();
      if (end) return;
      came(value.length);
    }
  }

  function start(bytes) {
    done += bytes;
    if (done > MEASURED[0]) since ??= { time: performance.now(), done };
    if (done > MEASURED[1]) measured((done - since.done) / (performance.now() - since.time));
    if (done - told > total / 50) onProgress((told = done), total); // each time the page redraws
  }

  const url = (path) => new URL(path, base).href;

  return {
    url,
    /** Promise of the bytes that come in a millisecond, of the first million, after the host's compression is undone. */
    rate,
    async module(path) {
      total += sizes[path] ?? 0;
      const response = await get(path);
      counted(response, start).catch(() => {}); // told by the compiler, which reads the same
      return WebAssembly.compileStreaming(typed(response)).catch((error) => {
        throw new Error(`${path} cannot be used: ${error.message}`);
      });
    },
    /** The bytes of a file, into an array of its size: the largest of the start. */
    async bytes(path, size) {
      total += size;
      const response = await get(path);
      const bytes = new Uint8Array(size);
      let at = 0;
      for (const reader = response.body.getReader(); ; ) {
        const { value, done: end } = await reader.read();
        if (end && at === size) return bytes;
        if (end || at + value.length > size) throw new Error(`${path} has not come whole`);
        bytes.set(value, at);
        at += value.length;
        start(value.length);
      }
    },
    /** Not compiled with the others, behind which it would have to wait while there are many. */
    async data(path, came) {
      const response = await get(path);
      counted(response, came).catch(() => {}); // told by the next line, which reads the same
      try {
        return new WebAssembly.Module(await response.arrayBuffer());
      } catch (error) {
        throw new Error(`${path} cannot be used: ${error.message}`);
      }
    },
  };
}

/** The same response under the type that browsers insist on, for hosts that do not know .wasm. */
function typed(response) {
  const type = "application/wasm"; // one from the network is left as it is: Chromium keeps what it compiles of those alone
  if (response.headers.get("Content-Type") === type) return response;
  return new Response(response.body, { headers: { "Content-Type": type } });
}
