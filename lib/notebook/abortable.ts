/**
 * Nothing that a cell gives may hang the graph. The runtime computes a variable only when its previous value has
 * settled, so one promise that never does would hold up its dependents for ever, even after the reader has repaired the
 * cell. Every promise and every generator therefore ends when its cell is interrupted, replaced or computed anew.
 */

type Aborted = Promise<never>;

export function abortion(signal: AbortSignal): Aborted {
  const aborted = new Promise<never>((_, reject) => {
    const fail = () => reject(signal.reason as Error);
    if (signal.aborted) fail();
    else signal.addEventListener("abort", fail, { once: true });
  });
  aborted.catch(() => {}); // it is no news to anybody that nobody waits for it
  return aborted;
}

/** The value itself; for a promise or a generator, one like it that ends on abort. */
export function abortable(value: unknown, aborted: Aborted): unknown {
  if (isPromise(value)) return Promise.race([value.then((result) => abortable(result, aborted)), aborted]);
  if (isGenerator(value)) return abortableGenerator(value, aborted);
  return value;
}

/** The same for each of a cell's named outputs. */
export function abortableOutputs(
  exports: Record<string, unknown>,
  names: readonly string[],
  aborted: Aborted,
): Record<string, unknown> {
  const result: Record<string, unknown> = {};
  for (const name of names) {
    const value = abortable(exports[name], aborted);
    // A rejected output is shown by the cells that read it: unread, it is not an unhandled rejection.
    if (isPromise(value)) value.then(undefined, () => {});
    result[name] = value;
  }
  return result;
}

export function isPromise(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as PromiseLike<unknown> | null | undefined)?.then === "function";
}

type AnyGenerator = {
  next(value?: unknown): unknown;
  return(value?: unknown): unknown;
};

function isGenerator(value: unknown): value is AnyGenerator {
  const candidate = value as Partial<AnyGenerator> | null | undefined;
  return typeof candidate?.next === "function" && typeof candidate.return === "function";
}

function abortableGenerator(generator: AnyGenerator, aborted: Aborted) {
  let stop!: (reason: Error) => void;
  const stopped = new Promise<never>((_, reject) => (stop = reject));
  stopped.catch(() => {});
  return {
    next(value?: unknown) {
      const step = generator.next(value);
      return isPromise(step) ? Promise.race([step, aborted, stopped]) : step;
    },
    return(value?: unknown) {
      stop(new Error("Generator returned"));
      try {
        const ending = generator.return(value);
        if (isPromise(ending)) ending.then(undefined, () => {}); // a `finally` that fails has no one left to tell
      } catch {
        // as above
      }
      return { done: true, value };
    },
    [Symbol.iterator]() {
      return this;
    },
  };
}
