/**
 * Cells often become ready together: all that a slider moves, all that waited for a model. Each starts in a turn of the
 * event loop that is not yet used up, so that the page draws and listens between them.
 */

/** How long, in milliseconds, cells may start one after another in one turn. */
const TURN = 8;

let began: number | undefined; // when the first cell started in this turn
let line: Promise<void> = Promise.resolve();

/** Undefined: start now. Otherwise a promise of a turn of one's own, in the order of asking. */
export function ownTurn(): Promise<void> | undefined {
  if (began === undefined) {
    began = performance.now();
    nextTurn(() => (began = undefined));
    return undefined;
  }
  if (performance.now() - began < TURN) return undefined;
  return (line = line.then(() => new Promise(nextTurn)));
}

/** Unlike setTimeout, not delayed in a page that is not in front. */
export function nextTurn(then: () => void): void {
  if (typeof setImmediate === "function") {
    setImmediate(then);
    return;
  }
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = () => {
    port1.close();
    then();
  };
  port2.postMessage(null);
}
