/** Long loops let others have the thread: a page has to answer its reader within 50 ms. */

/** How long a loop keeps the thread. */
const SLICE_MS = 8;

/**
 * To be asked every millisecond or so: a promise if it is time to pause, which rejects with the signal's reason when
 * aborted.
 */
export type Pause = () => Promise<void> | undefined;

/** All loops that share one of these pause every few milliseconds together. */
export function pauses(): (signal?: AbortSignal) => Promise<void> | undefined {
  let last = -Infinity;
  return (signal) => {
    if (performance.now() - last <= SLICE_MS) return undefined;
    return nextTask().then(() => {
      last = performance.now();
      signal?.throwIfAborted();
    });
  };
}

/** Waits for the event loop's next turn. A message comes at once, where a timer is held back by 4 ms or more. */
function nextTask(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(null);
  });
}
