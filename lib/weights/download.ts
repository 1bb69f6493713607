/**
 * Downloads a file once: the second time it comes from the browser's Cache API, checked against its length and SHA-256.
 *
 * For config.json and its like; weights are read in parts (`ranged-file.ts`). How long a download is, is less certain
 * than it looks. `Content-Length` counts bytes on the wire, so it is wrong for a body sent with `Content-Encoding: gzip`,
 * and another origin's `Content-Encoding` is hidden from a page.
 *
 * A stored copy is asked for again when the server names another ETag, date or length: one small HEAD request, and when
 * that fails (offline, or a server without HEAD) the copy is good enough. No Cache API, or no room in it, only means
 * that the next visit downloads again.
 */
import { chunks } from "./chunks";
import { refusal } from "./missing-file";
import { sha256, storedCopy, storeCopy } from "./stored-copy";

export type DownloadOptions = {
  signal?: AbortSignal;
  /** Bytes so far and bytes in all. `total` may grow while a server does not say it; the last call has them equal. */
  onProgress?: (loaded: number, total: number) => void;
  /** Asked before a file that is not kept is downloaded, with its bytes, or 0 if the server does not tell. */
  confirmSize?: (bytes: number) => boolean | Promise<boolean>;
  /** Bytes; a longer file is refused. */
  maxLength?: number;
  /** False: never read or write the cache. */
  cache?: boolean;
};

const MAX_LENGTH = 2 ** 31; // bytes: what one typed array holds everywhere

/**
 * The bytes of the file at `url`.
 * @throws a sentence when the server has no such file, cannot be reached, or stops in the middle;
 *   the signal's reason when aborted; an AbortError when `confirmSize` says no.
 */
export async function download(url: string, options: DownloadOptions = {}): Promise<Uint8Array> {
  const { signal, onProgress, cache = true } = options;
  signal?.throwIfAborted();
  const copy = cache ? await storedCopy(url, signal) : undefined;
  if (copy) {
    onProgress?.(copy.length, copy.length);
    return copy;
  }
  if (options.confirmSize) await confirm(url, options.confirmSize, signal);
  const response = await request(url, signal);
  const bytes = await body(response, url, options);
  if (cache) await storeCopy(url, bytes, response.headers, await sha256(bytes));
  signal?.throwIfAborted();
  return bytes;
}

async function confirm(url: string, confirmSize: NonNullable<DownloadOptions["confirmSize"]>, signal?: AbortSignal) {
  const head = await fetch(url, { method: "HEAD", signal }).catch(() => undefined);
  if (await confirmSize(Number(head?.ok ? head.headers.get("content-length") : 0))) return;
  signal?.throwIfAborted();
  throw new DOMException(`${url}: its download was declined; ask for it again to be asked again`, "AbortError");
}

async function request(url: string, signal?: AbortSignal): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(url, { signal });
  } catch (error) {
    signal?.throwIfAborted();
    const why = error instanceof Error ? error.message : String(error);
    throw new Error(
      `${url}: could not be downloaded (${why}); is there a network, and does that server allow other sites?`,
    );
  }
  if (!response.ok) throw refusal(url, response);
  return response;
}

async function body(response: Response, url: string, options: DownloadOptions): Promise<Uint8Array> {
  const { signal, onProgress, maxLength = MAX_LENGTH } = options;
  const announced = Number(response.headers.get("content-length")) || undefined;
  const encoded = response.headers.has("content-encoding") || response.type === "cors"; // or may be, hidden from us
  const received = new GrowingBytes(Math.min(announced ?? 0, maxLength));
  let total = encoded ? 0 : (announced ?? 0);

  try {
    for await (const chunk of chunks(response)) {
      signal?.throwIfAborted();
      if (received.length + chunk.length > maxLength) {
        throw new Error(`${url}: expected a file of at most ${maxLength} bytes, got a longer one`);
      }
      received.add(chunk);
      total = Math.max(received.length, total);
      onProgress?.(received.length, total);
    }
  } catch (error) {
    signal?.throwIfAborted();
    if (!(error instanceof TypeError)) throw error; // a TypeError is how fetch says that the connection broke
    throw cutShort(url, received.length, announced);
  }
  const expected = encoded ? undefined : announced;
  if (expected !== undefined && received.length < expected) throw cutShort(url, received.length, expected);
  if (total !== received.length || received.length === 0) onProgress?.(received.length, received.length);
  return received.bytes();
}

function cutShort(url: string, got: number, expected: number | undefined): Error {
  const length = expected === undefined ? "a whole file" : `${expected} bytes`;
  return new Error(`${url}: expected ${length}, got ${got} bytes: the download was cut short; try again`);
}

/** Bytes that arrive in pieces, in one array that doubles when it is full. Starts small whatever a server promises. */
class GrowingBytes {
  length = 0;
  #array: Uint8Array;

  constructor(expected: number) {
    this.#array = new Uint8Array(Math.min(Math.max(expected, 1 << 16), 1 << 26));
  }

  add(piece: Uint8Array): void {
    const length = this.length + piece.length;
    if (length > this.#array.length) {
      const larger = new Uint8Array(Math.max(length, this.#array.length * 2));
      larger.set(this.bytes());
      this.#array = larger;
    }
    this.#array.set(piece, this.length);
    this.length = length;
  }

  /** What has arrived: a view, not a copy. */
  bytes(): Uint8Array {
    return this.#array.subarray(0, this.length);
  }
}
