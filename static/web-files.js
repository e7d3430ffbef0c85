// The files of the site, as boot.js asks for them in a browser; counts what has come.

/**
 * @param base URL of the site's folder
 * @param sizes bytes of each file of the start, by path, as they are after the host's compression is undone
 * @param onProgress (done, total) in bytes
 */
export function webFiles(base, sizes, onProgress) {
  const total = Object.values(sizes).reduce((sum, size) => sum + size, 0);
  let done = 0;
  let told = 0;

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
    if (done - told > total / 50) onProgress((told = done), total); // each time the page redraws
  }

  const url = (path) => new URL(path, base).href;

  return {
    url,
    async module(path) {
      const response = await get(path);
      counted(response, start).catch(() => {}); // told by the compiler, which reads the same
      return WebAssembly.compileStreaming(typed(response)).catch((error) => {
        throw new Error(`${path} cannot be used: ${error.message}`);
      });
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
