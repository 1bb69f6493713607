/**
 * Bytes of a file on a server, by HTTP range requests. A connection that breaks is taken up again at the byte that it
 * had reached; a server that sends the whole file instead (200) is read from its start, and what is not wanted is
 * dropped. All answers have to be about one version of one file.
 *
 * Source: RFC 9110, section 14. Leaves out: several ranges in one request.
 */
import { chunks } from "./chunks";
import { refusal } from "./missing-file";
import { sameVersion, type Version } from "./piece-store";
import type { RangedOptions } from "./ranged-file";

const DELAYS = [300, 1000, 3000]; // milliseconds
const PATIENCE = 30_000; // milliseconds
/** Cuts in all, even when each connection brought something: a server that sends a byte at a time is given up. */
const MOST_CUTS = 50;

export type ByteRanges = {
  /** What the server has said so far about the file. */
  readonly version: Version;
  /** Whether it has said anything yet. */
  readonly asked: boolean;
  /** Whether it sends parts; true until it has shown otherwise. */
  readonly ranged: boolean;
  /** Bytes from `start` to `end`, in order; fewer only when `mayEnd` and the file ends. */
  stream(start: number, end: number, options?: { signal?: AbortSignal; mayEnd?: boolean }): AsyncGenerator<Uint8Array>;
  /** Ends what is still open. */
  close(): Promise<void>;
};

/**
 * @param known the version that is expected, of what was kept on an earlier visit
 * @param onChange told which version the server has instead, before the download is given up
 */
export function byteRanges(
  url: string,
  options: RangedOptions = {},
  known: Version = {},
  onChange?: (version: Version) => Promise<void>,
): ByteRanges {
  const { delays = DELAYS, patience = PATIENCE } = options;
  const version: Version = { length: known.length, etag: known.etag, modified: known.modified };
  let ranged = true;
  let asked = false;
  let cuts = 0;
  /** The rest of a whole file that is being read: used for what lies further on. */
  let rest: { at: number; body: AsyncGenerator<Uint8Array> } | undefined;

  /** What one answer brings of [start, end), from `start` on. Throws Cut when it breaks off. */
  async function* attempt(start: number, end: number, signal?: AbortSignal): AsyncGenerator<Uint8Array> {
    let body: AsyncGenerator<Uint8Array>;
    let at = start;
    if (rest && rest.at <= start) {
      ({ body, at } = rest);
      rest = undefined;
    } else {
      await rest?.body.return(undefined);
      rest = undefined;
      const watch = watchdog(patience, signal);
      const response = await ask(start, end, watch.signal).catch((error: unknown) => {
        watch.stop();
        signal?.throwIfAborted();
        throw error;
      });
      if (response.status === 416) return watch.stop(); // nothing there: the caller sees that it is short
      if (response.status === 200) at = 0;
      body = watched(response, watch);
    }
    const whole = !ranged;
    let left: Uint8Array | undefined; // of a whole file, what lies after `end`
    try {
      for (let next = await body.next(); !next.done; next = await body.next()) {
        const bytes = next.value;
        const from = Math.max(0, start - at);
        const to = Math.min(bytes.length, end - at);
        at += bytes.length;
        if (whole && at > end) left = bytes.slice(bytes.length - (at - end));
        if (to > from) yield bytes.subarray(from, to);
        if (at >= end) break;
      }
    } catch (error) {
      signal?.throwIfAborted();
      throw new Cut(error);
    } finally {
      if (whole && at >= end) rest = { at: end, body: before(left, body) };
      else await body.return(undefined);
    }
  }

  async function ask(start: number, end: number, signal: AbortSignal): Promise<Response> {
    let response: Response;
    try {
      response = await fetch(url, { signal, cache: "no-store", headers: { range: `bytes=${start}-${end - 1}` } });
    } catch (error) {
      throw new Cut(error);
    }
    const { status } = response;
    if (status === 408 || status === 429 || status >= 500) throw new Cut(refusal(url, response));
    if (status === 416 || status === 206 || status === 200) {
      const said = status === 200 ? wholeFile(response) : partOf(response, start, end, url);
      if (!sameVersion(version, said)) {
        await response.body?.cancel();
        await onChange?.(said);
        throw new Error(`${url}: expected one file, got parts of two: it changed while it was downloaded; try again`);
      }
      version.etag ??= said.etag;
      version.modified ??= said.modified;
      version.length ??= said.length;
      asked = true;
      if (status === 200) ranged = false;
      return response;
    }
    await response.body?.cancel();
    throw refusal(url, response);
  }

  return {
    version,
    get asked() {
      return asked;
    },
    get ranged() {
      return ranged;
    },
    async *stream(start, end, { signal = options.signal, mayEnd = false } = {}) {
      let at = start;
      let tries = 0;
      while (at < end) {
        signal?.throwIfAborted();
        let why: Cut | undefined;
        try {
          for await (const bytes of attempt(at, end, signal)) {
            at += bytes.length;
            tries = 0;
            yield bytes;
          }
        } catch (error) {
          if (!(error instanceof Cut)) throw error;
          why = error;
        }
        if (at >= end || (mayEnd && !why && at === (version.length ?? at))) return;
        cuts += 1;
        if (tries >= delays.length || cuts > MOST_CUTS) throw gaveUp(url, start, at, end, why);
        await pause(delays[tries++]!, signal);
      }
    },
    async close() {
      await rest?.body.return(undefined);
      rest = undefined;
    },
  };
}

/** The connection broke, or was never made: worth another try. */
class Cut extends Error {
  constructor(readonly reason: unknown) {
    super("cut");
  }
}

function gaveUp(url: string, start: number, at: number, end: number, cut: Cut | undefined): Error {
  const { reason } = cut ?? {};
  if (at === start && reason instanceof Error) {
    if (reason.message.startsWith(url)) return reason; // the server's own refusal
    return new Error(
      `${url}: could not be downloaded (${reason.message}); is there a network, and does that server allow other sites?`,
    );
  }
  return new Error(
    `${url}: expected bytes ${start} to ${end}, got those to ${at}: the download was cut short; try again`,
  );
}

function wholeFile({ headers, type }: Response): Version {
  // Of a compressed body the length is that on the wire, and another origin may hide that it is compressed.
  const length = headers.has("content-encoding") || type === "cors" ? NaN : Number(headers.get("content-length"));
  return { ...validators(headers), length: length > 0 ? length : undefined };
}

/** What a 206 or 416 says, which must be what was asked for. Another origin may hide it: then the length counts. */
function partOf({ headers, status }: Response, start: number, end: number, url: string): Version {
  const range = headers.get("content-range");
  const match = /^bytes (?:(\d+)-(\d+)|\*)\/(\d+|\*)$/.exec(range?.trim() ?? "");
  const total = match && match[3] !== "*" ? Number(match[3]) : undefined;
  if (status === 206) {
    const length = Number(headers.get("content-length") ?? 0);
    const right = match
      ? Number(match[1]) === start && Number(match[2]) < end
      : range === null && length <= end - start;
    if (!right) {
      const got = range === null ? `${length} bytes` : `Content-Range ${JSON.stringify(range.slice(0, 80))}`;
      throw new Error(
        `${url}: expected bytes ${start}-${end - 1}, got ${got}: this server sends other parts than asked`,
      );
    }
  }
  return { ...validators(headers), length: Number.isSafeInteger(total) ? total : undefined };
}

export function validators(headers: Headers): Version {
  return { etag: headers.get("etag") ?? undefined, modified: headers.get("last-modified") ?? undefined };
}

type Watchdog = { signal: AbortSignal; touch(): void; stop(): void };

/** Aborts when nobody touches it for a while, or when the outer signal does. */
function watchdog(patience: number, outer?: AbortSignal): Watchdog {
  const stalled = new AbortController();
  const expire = () => stalled.abort(new Error(`nothing came for ${patience / 1000} seconds`));
  let timer = setTimeout(expire, patience);
  return {
    signal: outer ? AbortSignal.any([outer, stalled.signal]) : stalled.signal,
    touch() {
      clearTimeout(timer);
      timer = setTimeout(expire, patience);
    },
    stop: () => clearTimeout(timer),
  };
}

async function* watched(response: Response, watch: Watchdog): AsyncGenerator<Uint8Array> {
  try {
    for await (const bytes of chunks(response)) {
      watch.stop(); // whoever takes the bytes may take his time
      yield bytes;
      watch.touch();
    }
  } finally {
    watch.stop();
  }
}

async function* before(first: Uint8Array | undefined, body: AsyncGenerator<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    if (first) yield first;
    for (let next = await body.next(); !next.done; next = await body.next()) yield next.value;
  } finally {
    await body.return(undefined);
  }
}

function pause(milliseconds: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const abort = () => {
      clearTimeout(timer);
      reject(signal!.reason as Error);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", abort);
      resolve();
    }, milliseconds);
    signal?.addEventListener("abort", abort, { once: true });
  });
}
