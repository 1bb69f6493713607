/**
 * When to tell the page about a new value. Each one makes the cells of a lesson compute anew, so that a drag, which has
 * a new value every frame, must not tell faster than they can follow: it waits until they are done with the last one.
 */
const BETWEEN = 100; // milliseconds between two events, at least
const AGAIN = 40; // milliseconds until it looks again whether the page still works
const PATIENCE = 5000; // milliseconds; a cell that never ends does not keep the others from following

export type Pace = {
  /** Tells at once: the value is final. */
  now(): void;
  /** Tells as soon as the page can follow; what is told then is the value of that moment. */
  soon(): void;
};

export function pace(tell: () => void, isBusy: () => boolean): Pace {
  let last = -Infinity;
  let due: ReturnType<typeof setTimeout> | undefined;

  const now = () => {
    clearTimeout(due);
    due = undefined;
    last = performance.now();
    tell();
  };
  const attempt = () => {
    const since = performance.now() - last;
    if (since >= BETWEEN && (!isBusy() || since >= PATIENCE)) now();
    else due = setTimeout(attempt, Math.max(AGAIN, BETWEEN - since));
  };
  return { now, soon: () => (due === undefined ? attempt() : undefined) };
}

/** Whether cells of the lesson around an element compute or wait for each other: their `data-state` says so. */
export function lessonIsBusy(element: Element): boolean {
  const states = ["running", "pending"].map((state) => `[data-cell][data-state="${state}"]`).join();
  return Boolean(element.closest("[data-lesson]")?.querySelector(states));
}
