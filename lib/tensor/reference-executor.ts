/**
 * The executor that needs no GPU: it runs each kernel's plain loops, in double precision, and rounds results to f32.
 *
 * Nothing is computed until it is read, and then only what that result needs: an aborted read stops the work, and what
 * nobody looks at costs nothing. The loops pause every few milliseconds so that the page stays alive.
 */
import type { Kernel } from "../gpu";
import type { Executor, Storage } from "./executor";

/** How long the loops keep the thread before they let others have it. */
const SLICE_MS = 8;

type Values = Storage & { values?: Float32Array; madeBy?: Job; freed: boolean };

type Job = {
  name: string;
  inputs: readonly Values[];
  outputs: Values[];
  loops(inputs: readonly Float32Array[]): Generator<undefined, Float64Array[], undefined>;
};

export function openReferenceExecutor(): Executor {
  const live = { buffers: 0, bytes: 0 };
  let launches = 0;
  let lastPause = -Infinity;
  let queue: Promise<unknown> = Promise.resolve();
  const closed = new AbortController();

  function made(length: number, from: Pick<Values, "values" | "madeBy">): Values {
    live.buffers++;
    live.bytes += length * 4;
    return { length, freed: false, ...from };
  }

  async function pause(signals: AbortSignal): Promise<void> {
    await nextTask();
    lastPause = performance.now();
    signals.throwIfAborted();
  }

  async function carryOut(job: Job, signals: AbortSignal): Promise<void> {
    const loops = job.loops(job.inputs.map(({ values }) => values!));
    let step = loops.next();
    while (!step.done) {
      if (performance.now() - lastPause > SLICE_MS) await pause(signals);
      step = loops.next();
    }
    step.value.forEach((values, i) => {
      const output = job.outputs[i]!;
      output.values = Float32Array.from(values);
      output.madeBy = undefined; // and with it the inputs, if nobody else holds them
    });
    launches++;
    if (performance.now() - lastPause > SLICE_MS) await pause(signals);
  }

  /** Everything that the result needs, inputs first. */
  async function evaluate(result: Values, signals: AbortSignal): Promise<Float32Array> {
    signals.throwIfAborted();
    const stack = [result];
    while (stack.length > 0) {
      const top = stack.at(-1)!;
      const missing = top.values ? [] : top.madeBy!.inputs.filter(({ values }) => !values);
      if (missing.length > 0) {
        stack.push(...missing);
      } else {
        stack.pop();
        if (!top.values) await carryOut(top.madeBy!, signals);
      }
    }
    return result.values!.slice();
  }

  return {
    name: "reference",
    description: "plain loops in JavaScript",

    upload(values) {
      closed.signal.throwIfAborted();
      return made(values.length, { values: values.slice() });
    },

    run<Shape>(kernel: Kernel<Shape>, inputs: readonly Storage[], shape: Shape) {
      closed.signal.throwIfAborted();
      const loops = (values: readonly Float32Array[]) => kernel.reference(values, shape);
      const job: Job = { name: kernel.name, inputs: inputs as Values[], outputs: [], loops };
      job.outputs = kernel.outputs(shape).map((length) => made(length, { madeBy: job }));
      return job.outputs;
    },

    read(storage, signal) {
      const signals = signal ? AbortSignal.any([signal, closed.signal]) : closed.signal;
      const work = queue.then(() => evaluate(storage as Values, signals)); // one after another: they may share parts
      queue = work.catch(() => undefined);
      return unlessAborted(signals, work);
    },

    free(storage) {
      const values = storage as Values;
      if (values.freed) return;
      values.freed = true; // the numbers go when no pending result needs them
      live.buffers--;
      live.bytes -= values.length * 4;
    },

    ledger: () => ({ ...live, pooledBuffers: 0, pooledBytes: 0, launches, submits: 0 }),

    dispose() {
      closed.abort(new Error("tensor: this executor was closed; open another one"));
    },
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

function unlessAborted<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason as Error);
    if (signal.aborted) return abort();
    signal.addEventListener("abort", abort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort));
  });
}
