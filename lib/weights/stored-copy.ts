/**
 * A downloaded file in the browser's Cache API, with what is needed to trust it later: its SHA-256, and the server's
 * ETag and date. Every failure here (no Cache API, private mode, no room) means "no copy", never an error.
 */
const CACHE = "patchwork-weights-1";
const HASH = "x-sha-256";
const VALIDATORS = ["etag", "last-modified"];
const PATIENCE = 4000; // milliseconds to wait for a server that is asked whether a copy is still good

/** The copy of `url`, if there is one, it is whole, and the server has no newer one. */
export async function storedCopy(url: string, signal?: AbortSignal): Promise<Uint8Array | undefined> {
  try {
    const cache = await openCache();
    const copy = await cache?.match(url);
    if (!cache || !copy) return undefined;
    const bytes = new Uint8Array(await copy.arrayBuffer());
    if ((await isWhole(copy, bytes)) && (await isCurrent(url, copy, signal))) return bytes;
    await cache.delete(url);
  } catch {
    signal?.throwIfAborted();
  }
  return undefined;
}

export async function storeCopy(
  url: string,
  bytes: Uint8Array,
  from: Headers,
  hash: string | undefined,
): Promise<void> {
  try {
    const cache = await openCache();
    if (!cache) return;
    const headers = new Headers({ "content-type": "application/octet-stream", "content-length": String(bytes.length) });
    if (hash) headers.set(HASH, hash);
    for (const name of VALIDATORS) {
      const value = from.get(name);
      if (value) headers.set(name, value);
    }
    await cache.put(url, new Response(bytes as Uint8Array<ArrayBuffer>, { headers }));
  } catch {
    // No room, or not allowed: the next visit downloads again.
  }
}

/** In hexadecimal; undefined where a page may not hash (it was not loaded over https or from localhost). */
export async function sha256(bytes: Uint8Array): Promise<string | undefined> {
  if (!globalThis.crypto?.subtle) return undefined;
  const digest = await crypto.subtle.digest("SHA-256", bytes as Uint8Array<ArrayBuffer>);
  return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

async function openCache(): Promise<Cache | undefined> {
  return globalThis.caches?.open(CACHE);
}

async function isWhole(copy: Response, bytes: Uint8Array): Promise<boolean> {
  if (Number(copy.headers.get("content-length")) !== bytes.length) return false;
  const hash = await sha256(bytes);
  return !hash || hash === copy.headers.get(HASH);
}

/** Whether the server still has the file that was copied. When it cannot be asked, the copy counts. */
async function isCurrent(url: string, copy: Response, signal?: AbortSignal): Promise<boolean> {
  let now: Response;
  try {
    const patience = AbortSignal.timeout(PATIENCE);
    now = await fetch(url, { method: "HEAD", signal: signal ? AbortSignal.any([signal, patience]) : patience });
  } catch {
    signal?.throwIfAborted();
    return true;
  }
  if (!now.ok) return true;
  return VALIDATORS.every((name) => {
    const [then, today] = [copy.headers.get(name), now.headers.get(name)].map((tag) => tag?.replace(/^W\//, ""));
    return !then || !today || then === today;
  });
}
