/** One forward pass of a loaded model, from its inputs to what it gives. */
import { keep, scope, type Executor, type Tensor } from "../../tensor";
import type { ForwardOptions } from "../model";
import type { Probe } from "../probe";

/**
 * Frees what `compute` made, except for its result and what the probe saw. A promise, so that what goes wrong rejects; an
 * executor's work itself never waits here.
 * @throws the signal's reason when it has aborted before the pass
 */
export function pass<Result>(
  executor: Executor,
  { probe, signal }: ForwardOptions,
  compute: (probe?: Probe) => Result,
): Promise<Result> {
  return Promise.resolve().then(() => {
    signal?.throwIfAborted();
    return scope(executor, () => compute(probe && keeping(probe)));
  });
}

/** The same probe; what it sees outlives the pass, because numbers are read after it. */
function keeping(probe: Probe): Probe {
  const { wants = () => true } = probe;
  return Object.assign((name: string, value: Tensor) => wants(name) && probe(name, keep(value)), { wants });
}
