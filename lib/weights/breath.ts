/** How long, in milliseconds, work may hold the main thread before it lets the page draw and listen. */
const TURN = 12;

/** A function to await between pieces of long work: it lets others run when the current turn has lasted too long. */
export function breath(signal?: AbortSignal): () => Promise<void> {
  let started = performance.now();
  return async () => {
    if (performance.now() - started < TURN) return;
    await newTurn();
    signal?.throwIfAborted();
    started = performance.now();
  };
}

/** Lets the page draw and listen, however short the work has been. */
export function newTurn(): Promise<void> {
  return new Promise((resume) => setTimeout(resume));
}
