/**
 * Times of what takes microseconds, by clocks that tick every 0.1 ms: many runs are measured together, and of several
 * such measurements the median counts.
 */

const FEWEST_RUNS = 4;
const MOST_RUNS = 256;
const ENOUGH_MS = 4; // the next step is at most four times as long: short enough for a page
const MEASUREMENTS = 5;

/** Milliseconds of one run. `run` does so many in a row, and says how long all of them took. */
export async function timeOfOne(run: (count: number) => Promise<number>, signal?: AbortSignal): Promise<number> {
  let count = FEWEST_RUNS;
  let last = await run(count); // the first may compile something
  while (last < ENOUGH_MS && count < MOST_RUNS) {
    count = Math.min(MOST_RUNS, count * (last < ENOUGH_MS / 16 ? 16 : 4));
    signal?.throwIfAborted();
    last = await run(count);
  }
  return (await medianOf(() => run(count), signal)) / count;
}

/** Milliseconds of a run by the page's clock, for what cannot be put in a row. */
export function timeByPage(run: () => Promise<unknown>, signal?: AbortSignal): Promise<number> {
  return medianOf(async () => {
    const start = performance.now();
    await run();
    return performance.now() - start;
  }, signal);
}

async function medianOf(measure: () => Promise<number>, signal?: AbortSignal): Promise<number> {
  const times: number[] = [];
  while (times.length < MEASUREMENTS) {
    signal?.throwIfAborted();
    times.push(await measure());
  }
  return times.sort((a, b) => a - b)[MEASUREMENTS >> 1]!;
}
