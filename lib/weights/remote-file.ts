/** A file on a server, read in pieces: kept ones first, the others side by side in a few requests. */
import { newTurn } from "./breath";
import { byteRanges, validators } from "./byte-ranges";
import { bytesOf, requests, type Piece } from "./pieces";
import { openPieceStore, sameVersion, type PieceStore, type Version } from "./piece-store";
import type { RangedFile, RangedOptions, UsePiece } from "./ranged-file";

/** Bytes of the first request: the header of most files, and all of a small one. */
const FIRST = 64 * 1024;
/** Requests at a time. */
const PARALLEL = 4;
const PATIENCE = 4000; // milliseconds to wait for a server that is asked whether kept pieces are still good

const NO_ROOM =
  "There is no room left in this browser's storage for this site: the model works now, and is downloaded again next time.";

/** Nothing is asked of the server yet, except whether what was kept is still good. */
export async function openRemoteFile(url: string, options: RangedOptions = {}): Promise<RangedFile> {
  const { signal, onNote } = options;
  signal?.throwIfAborted();
  const store = await openPieceStore(url, () => onNote?.(NO_ROOM));
  if (store?.version) await forgetIfChanged(url, store, signal);
  const ranges = byteRanges(url, options, store?.version, (version) => store?.keep(version) ?? Promise.resolve());
  let prefix: Uint8Array = new Uint8Array();

  /** [start, end): from the file's first bytes where they are here already, then from the server. */
  async function* bytesFrom(start: number, end: number, signal?: AbortSignal): AsyncGenerator<Uint8Array> {
    const here = prefix.subarray(start, end);
    if (here.length > 0) yield here;
    if (start + here.length < end) yield* ranges.stream(start + here.length, end, { signal });
  }

  async function head(bytes: number): Promise<Uint8Array> {
    if (prefix.length < bytes) prefix = (await keptHead(store, bytes)) ?? prefix;
    if (prefix.length < bytes) {
      const wanted = Math.max(bytes, FIRST);
      const rest = await collect(ranges.stream(prefix.length, wanted, { mayEnd: true }), wanted - prefix.length);
      prefix = joined(prefix, rest);
    }
    return prefix.subarray(0, bytes);
  }

  return {
    name: url,
    get length() {
      return ranges.version.length ?? store?.version?.length;
    },
    async head(bytes) {
      const start = await head(bytes);
      const kept = store?.version?.head ?? 0;
      if (store && bytes > 8 && start.length === bytes && kept < bytes) {
        await store.keep({ ...store.version, ...ranges.version, head: bytes });
        await store.put({ start: 0, end: bytes }, start);
      }
      return start;
    },
    missing(pieces) {
      return Promise.resolve(bytesOf(pieces.filter((piece) => piece.end > prefix.length && !store?.has(piece))));
    },
    async read(pieces, use, onBytes) {
      const needed: Piece[] = [];
      for (const piece of pieces) {
        signal?.throwIfAborted();
        const bytes = await store?.get(piece);
        if (bytes) {
          await use(piece, bytes);
          onBytes(bytes.length);
        } else needed.push(piece);
      }
      const download = (run: Piece[], signal: AbortSignal) =>
        readRun(run, bytesFrom(run[0]!.start, run.at(-1)!.end, signal), use, store, onBytes);
      if (!ranges.asked && needed.length > 0) {
        const [first] = requests(needed, false); // shows whether this server sends parts
        await download(first!, signal ?? new AbortController().signal);
        needed.splice(0, first!.length);
      }
      await sideBySide(requests(needed, !ranges.ranged), ranges.ranged ? PARALLEL : 1, download, signal);
    },
    close: () => ranges.close(),
  };
}

/** The pieces of one request, each as soon as it is whole. */
async function readRun(
  run: readonly Piece[],
  body: AsyncGenerator<Uint8Array>,
  use: UsePiece,
  store: PieceStore | undefined,
  onBytes: (bytes: number) => void,
): Promise<void> {
  const buffer = new Uint8Array(Math.max(...run.map(({ start, end }) => end - start)));
  let at = run[0]!.start;
  let next = 0;
  for await (const bytes of body) {
    for (let from = 0; from < bytes.length && next < run.length;) {
      const piece = run[next]!;
      if (at < piece.start) {
        const gap = Math.min(piece.start - at, bytes.length - from);
        at += gap;
        from += gap;
        continue;
      }
      const count = Math.min(piece.end - at, bytes.length - from);
      buffer.set(bytes.subarray(from, from + count), at - piece.start);
      at += count;
      from += count;
      onBytes(count);
      if (at < piece.end) continue;
      const whole = buffer.subarray(0, piece.end - piece.start);
      // Each in a turn of its own: both look at every byte.
      await use(piece, whole);
      await newTurn();
      await store?.put(piece, whole);
      await newTurn();
      next += 1;
    }
  }
}

/** All jobs, a few at a time; the first that fails ends the others. */
async function sideBySide<Job>(
  jobs: readonly Job[],
  count: number,
  work: (job: Job, signal: AbortSignal) => Promise<void>,
  outer?: AbortSignal,
): Promise<void> {
  const stop = new AbortController();
  const signal = outer ? AbortSignal.any([outer, stop.signal]) : stop.signal;
  const queue = [...jobs];
  let failure: { error: unknown } | undefined;
  const worker = async () => {
    for (let job = queue.shift(); job !== undefined && !failure; job = queue.shift()) {
      try {
        await work(job, signal);
      } catch (error) {
        failure ??= { error };
        stop.abort(error);
      }
    }
  };
  await Promise.all(Array.from({ length: count }, worker));
  outer?.throwIfAborted();
  if (failure) throw failure.error;
}

async function keptHead(store: PieceStore | undefined, bytes: number): Promise<Uint8Array | undefined> {
  const length = store?.version?.head ?? 0;
  return length >= bytes ? store!.get({ start: 0, end: length }) : undefined;
}

/** Asks the server which version it has. When it cannot be asked, what is kept counts. */
async function forgetIfChanged(url: string, store: PieceStore, signal?: AbortSignal): Promise<void> {
  let now: Response;
  try {
    const patience = AbortSignal.timeout(PATIENCE);
    const either = signal ? AbortSignal.any([signal, patience]) : patience;
    // A range, so that the answer is about the bytes themselves and not about a compressed form of them.
    now = await fetch(url, { method: "HEAD", cache: "no-store", headers: { range: "bytes=0-7" }, signal: either });
  } catch {
    signal?.throwIfAborted();
    return;
  }
  const version: Version = validators(now.headers);
  if (now.ok && !sameVersion(store.version!, version)) await store.keep(version);
}

async function collect(body: AsyncGenerator<Uint8Array>, most: number): Promise<Uint8Array> {
  const all = new Uint8Array(most);
  let length = 0;
  for await (const bytes of body) {
    all.set(bytes, length);
    length += bytes.length;
  }
  return all.subarray(0, length);
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  if (a.length === 0) return b;
  const both = new Uint8Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
}
