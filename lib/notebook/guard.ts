/** What `__guard` does at run time; lib/cells puts its calls into a cell's loops and functions. */
import { nextTurn } from "./turns";

/** A cell that computes for this long without a pause is stopped. */
export const BUDGET = 2000; // milliseconds

/** How many calls may pass between two looks at the clock. */
const MOST_CALLS = 32;

export class EndlessLoopError extends Error {
  override name = "EndlessLoopError";
  constructor(
    /** Of the reader's source, counted from 1. */
    readonly line: number,
    budget: number,
  ) {
    super(
      `stopped after ${budget / 1000} seconds without a pause: does this loop end? ` +
        `If it is only long, let the page breathe with: await new Promise(requestAnimationFrame)`,
    );
  }
}

export type Guard = (line: number, awaits?: boolean) => void;

/**
 * Time counts from the first call in a turn of the event loop, and starts again in the next turn. An `await` on
 * something real (a GPU, a download, a frame) ends the turn; an `await` on a value that is already there does not, and
 * a loop of those would freeze the page as surely as one without.
 */
export function createGuard(signal: AbortSignal, budget = BUDGET): Guard {
  let started: number | undefined;
  let last = 0;
  let calls = 0;
  let stride = 1;

  return (line, awaits = false) => {
    if (awaits) signal.throwIfAborted();
    if (++calls < stride) return;
    calls = 0;
    const now = performance.now();
    if (started === undefined) {
      started = now;
      nextTurn(() => {
        started = undefined;
        stride = 1;
      });
    } else if (now - started > budget) {
      throw new EndlessLoopError(line, budget);
    } else {
      stride = now - last < 1 ? Math.min(2 * stride, MOST_CALLS) : 1;
    }
    last = now;
  };
}
