/** Text that is shown as it comes, piece by piece, while a model writes it. */
import { abortion } from "./abortable";
import type { CellContext } from "./cell-context";
import { describe } from "./inspect";

/** Something that shows pieces in its own way, such as figures.tokenStream(). */
export type StreamView<Piece> = Element & { push(piece: Piece): void };

const streams = new WeakSet<object>();

/** Marks what a builtin gives as text that comes in pieces. */
export function asStream<Generator extends object>(generator: Generator): Generator {
  streams.add(generator);
  return generator;
}

export const isStream = (value: unknown): value is AsyncIterable<unknown> =>
  typeof value === "object" && value !== null && streams.has(value);

/**
 * `stream(pieces)` in a cell: shows each piece under the cell as it comes. The result is the whole: the text, or, of
 * pieces that are more than text, their list. An interrupted cell keeps what has come so far.
 * @param view what shows the pieces [a paragraph]
 */
export function streamTo({ display, signal }: Pick<CellContext, "display" | "signal">) {
  return async function stream<Piece>(
    pieces: AsyncIterable<Piece> | Iterable<Piece>,
    view: StreamView<Piece> = paragraph<Piece>(),
  ): Promise<string | Piece[]> {
    const iterator = iteratorOf(pieces);
    const aborted = abortion(signal);
    const all: Piece[] = [];
    display(view as Element);
    view.setAttribute("aria-busy", "true");
    try {
      for (;;) {
        const step = await Promise.race([iterator.next(), aborted]);
        if (step.done) break;
        all.push(step.value);
        view.push(step.value);
      }
    } finally {
      view.removeAttribute("aria-busy");
      if (signal.aborted) Promise.resolve(iterator.return?.()).catch(() => {}); // it ends by itself, and nobody waits
    }
    return all.every((piece) => typeof piece === "string") ? all.join("") : all;
  };
}

function iteratorOf<Piece>(pieces: AsyncIterable<Piece> | Iterable<Piece>): AsyncIterator<Piece> | Iterator<Piece> {
  const open = pieces as Partial<AsyncIterable<Piece> & Iterable<Piece>> | null | undefined;
  const iterator = open?.[Symbol.asyncIterator]?.() ?? open?.[Symbol.iterator]?.();
  if (!iterator) {
    throw new TypeError("stream: expected what generate, complete or chat gives, or another list, got something else");
  }
  return iterator;
}

function textOf(piece: unknown): string {
  const { text } = (piece ?? {}) as { text?: unknown };
  return typeof text === "string" ? text : describe(piece);
}

/** Pieces are texts, or have a text. */
function paragraph<Piece>(): StreamView<Piece> {
  const text = document.createElement("p");
  text.className = "nb-text nb-stream";
  const push = (piece: Piece) => text.append(typeof piece === "string" ? piece : textOf(piece));
  return Object.assign(text, { push });
}
