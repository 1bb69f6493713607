/**
 * Pieces of downloaded files in the browser's Cache API: one cache per file, in it an entry per piece with its SHA-256,
 * and one that says which version of the file they are from. What is there once is not downloaded again, also when the
 * first visit was cut off in the middle. A piece that does not have its SHA-256 any more counts as not there.
 *
 * No Cache API, or no access to it, means no store, never an error. No room is told once.
 */
import { sha256 } from "./stored-copy";

/** What says that two answers of a server are about the same file. */
export type Version = { length?: number; etag?: string; modified?: string };

/** Bytes from the start of the file. */
export type Span = { start: number; end: number };

export type PieceStore = {
  /** The version whose pieces are here, and how long its header is; undefined for a file that is not known. */
  version: (Version & { head?: number }) | undefined;
  /** From now on for this version: the pieces of every other one go. */
  keep(version: Version & { head?: number }): Promise<void>;
  has(span: Span): boolean;
  /** The bytes as they were stored, or undefined. */
  get(span: Span): Promise<Uint8Array | undefined>;
  put(span: Span, bytes: Uint8Array): Promise<void>;
};

const PREFIX = "patchwork-weights-2 ";
const HASH = "x-sha-256";

/** @param onFull told once when there is no room left: what does not fit is downloaded again next time. */
export async function openPieceStore(url: string, onFull: () => void): Promise<PieceStore | undefined> {
  const name = PREFIX + url;
  let cache: Cache;
  let full = false;
  const known = new Set<string>();
  const about = keyOf(url, "about");
  let version: PieceStore["version"];
  try {
    if (!globalThis.caches || !globalThis.crypto?.subtle) return undefined;
    cache = await caches.open(name);
    for (const { url: key } of await cache.keys()) known.add(key);
    version = versionIn(await (await cache.match(about))?.json());
    if (!version) known.clear();
  } catch {
    return undefined;
  }

  const put = async (key: string, body: Uint8Array | string, headers: Record<string, string>) => {
    if (full) return;
    try {
      await cache.put(key, new Response(body as Uint8Array<ArrayBuffer>, { headers }));
      known.add(key);
    } catch {
      full = true; // a quota, almost always; whatever it is, nothing can be kept
      onFull();
    }
  };

  return {
    get version() {
      return version;
    },
    async keep(next) {
      try {
        if (version && !sameVersion(version, next)) {
          await caches.delete(name);
          cache = await caches.open(name);
          known.clear();
        }
      } catch {
        full = true;
      }
      version = next;
      await put(about, JSON.stringify(next), { "content-type": "application/json" });
    },
    has: (span) => known.has(keyOf(url, `${span.start}-${span.end}`)),
    async get(span) {
      const key = keyOf(url, `${span.start}-${span.end}`);
      if (!known.has(key)) return undefined;
      try {
        const stored = await cache.match(key);
        if (!stored) return undefined;
        const bytes = new Uint8Array(await stored.arrayBuffer());
        const whole = bytes.length === span.end - span.start && stored.headers.get(HASH) === (await sha256(bytes));
        if (whole) return bytes;
        known.delete(key);
        await cache.delete(key);
      } catch {
        // As good as not there.
      }
      return undefined;
    },
    async put({ start, end }, bytes) {
      if (full) return;
      const hash = await sha256(bytes);
      await put(keyOf(url, `${start}-${end}`), bytes, { "content-type": "application/octet-stream", [HASH]: hash! });
    },
  };
}

/** Whether both may be the same file: what either does not say, does not count. An ETag is the surest word. */
export function sameVersion(a: Version, b: Version): boolean {
  const tag = (etag?: string) => etag?.replace(/^W\//, "");
  const agree = (x: unknown, y: unknown) => x === undefined || y === undefined || x === y;
  if (!agree(a.length, b.length)) return false;
  return a.etag && b.etag ? tag(a.etag) === tag(b.etag) : agree(a.modified, b.modified);
}

function keyOf(url: string, what: string): string {
  const key = new URL(url, globalThis.location?.href);
  key.searchParams.set("patchwork", what);
  return key.href;
}

/** The entry may have been written by another version of this site, or by anyone on this computer. */
function versionIn(json: unknown): PieceStore["version"] {
  if (typeof json !== "object" || json === null) return undefined;
  const { length, etag, modified, head } = json as Record<string, unknown>;
  return {
    length: typeof length === "number" ? length : undefined,
    etag: typeof etag === "string" ? etag : undefined,
    modified: typeof modified === "string" ? modified : undefined,
    head: typeof head === "number" && Number.isSafeInteger(head) && head > 0 ? head : undefined,
  };
}
