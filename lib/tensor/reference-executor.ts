/**
 * The executor that needs no GPU: it runs each kernel's plain loops, in double precision, and rounds results to f32.
 *
 * Nothing is computed until it is read, and then only what that result needs: an aborted read stops the work, and what
 * nobody looks at costs nothing. The loops pause every few milliseconds so that the page stays alive.
 *
 * A storage is a name for numbers that may change; a `Numbers` is one state of them, which never changes once it is
 * there. A job holds the states that it was asked with, so that a change in place, however late it is carried out, is
 * seen by what was asked for after it and by nothing else.
 */
import type { Kernel, NumberType } from "../gpu";
import type { Executor, Storage } from "./executor";
import { convertInto, widened } from "./halves";
import { bytesOf, checkWrite, withParts } from "./parts";
import { pauses, type Pause } from "./pauses";

type Values = Float32Array | Uint16Array;

type Numbers = {
  values?: Values;
  madeBy?: Job;
  /** Jobs and reads that were asked for with this state and are not done. Some may never be. */
  pending: number;
};

type Named = Storage & { now: Numbers; freed: boolean };

type Job = {
  inputs: readonly Numbers[];
  /** The earlier states of what it changes in place. */
  changes: readonly Numbers[];
  outputs: Numbers[];
  loops(inputs: readonly Values[], targets: Float32Array[]): Generator<undefined, Float64Array[], undefined>;
};

export type ReferenceOptions = {
  /** Lowers the largest array, to see what happens on a smaller device. */
  maxBindingBytes?: number;
};

export function openReferenceExecutor({ maxBindingBytes = Infinity }: ReferenceOptions = {}): Executor {
  const live = { buffers: 0, bytes: 0 };
  let launches = 0;
  let queue: Promise<unknown> = Promise.resolve();
  const closed = new AbortController();
  const pauseIfDue = pauses();

  function made(length: number, dtype: NumberType, now: Numbers): Named {
    live.buffers++;
    live.bytes += bytesOf(length, dtype);
    return { length, dtype, freed: false, now };
  }

  async function carryOut(job: Job, pause: Pause): Promise<void> {
    // What nobody else waits for is changed where it is. Until the job is done it can be stopped and begun again.
    const targets = job.changes.map(({ values, pending }) => (pending > 1 ? values!.slice() : values!) as Float32Array);
    const loops = job.loops(
      job.inputs.map(({ values }) => values!),
      targets,
    );
    let step = loops.next();
    while (!step.done) {
      const due = pause(); // rarely: no turn of the event loop is spent without need
      if (due) await due;
      step = loops.next();
    }
    const results = job.changes.length > 0 ? targets : step.value.map((values) => Float32Array.from(values));
    for (const state of [...job.inputs, ...job.changes]) state.pending--;
    job.changes.forEach((state, i) => {
      if (state.values === targets[i]) state.values = undefined; // it is the new state now, and nobody asks for the old
    });
    job.outputs.forEach((output, i) => {
      output.values = results[i]!;
      output.madeBy = undefined; // and with it the inputs, if nobody else holds them
    });
    launches++;
    await pause();
  }

  /** Everything that the result needs, inputs first. */
  async function evaluate(result: Numbers, pause: Pause): Promise<Values> {
    const stack = [result];
    while (stack.length > 0) {
      const top = stack.at(-1)!;
      if (!top.values && !top.madeBy) throw new Error("tensor: expected numbers, got a storage whose write had failed");
      const missing = top.values ? [] : needs(top.madeBy!).filter(({ values }) => !values);
      if (missing.length > 0) {
        stack.push(...missing);
      } else {
        stack.pop();
        if (!top.values) await carryOut(top.madeBy!, pause);
      }
    }
    return result.values!;
  }

  /** One after another: they may share parts. */
  function inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = queue.then(work);
    queue = done.catch(() => undefined);
    return done;
  }

  function ask(job: Omit<Job, "outputs">, outputs: number): Numbers[] {
    const whole: Job = { ...job, outputs: [] };
    for (const state of needs(whole)) state.pending++;
    whole.outputs = Array.from({ length: outputs }, () => ({ madeBy: whole, pending: 0 }));
    return whole.outputs;
  }

  return withParts({
    name: "reference",
    description: "plain loops in JavaScript",
    features: { f16: false, timestamps: false, maxBindingBytes, limits: {} },

    upload(values) {
      closed.signal.throwIfAborted();
      return made(values.length, "f32", { values: values.slice(), pending: 0 });
    },

    allocate(length, dtype = "f32") {
      closed.signal.throwIfAborted();
      const values = dtype === "f16" ? new Uint16Array(length) : new Float32Array(length);
      return made(length, dtype, { values, pending: 0 });
    },

    async write(storage, at, bytes, from) {
      closed.signal.throwIfAborted();
      checkWrite(storage, at, bytes, from === "F32" ? 4 : 2);
      const named = storage as Named;
      const pause = () => pauseIfDue(closed.signal);
      const [before, after] = [named.now, { pending: 0 } as Numbers];
      before.pending++;
      named.now = after; // as for a change in place: what was asked for before keeps the old state
      await inTurn(async () => {
        if (named.freed) throw new Error("write: expected a live storage, got one that was already freed");
        const values = await evaluate(before, pause);
        after.values = before.pending > 1 ? values.slice() : values;
        if (--before.pending === 0) before.values = undefined;
        await convertInto(after.values, at, bytes, from, pause);
      });
    },

    run<Shape>(kernel: Kernel<Shape>, inputs: readonly Storage[], shape: Shape) {
      closed.signal.throwIfAborted();
      const lengths = kernel.outputs(shape);
      const loops: Job["loops"] = (values) => kernel.reference(values, shape);
      const outputs = ask({ inputs: inputs.map(nowOf), changes: [], loops }, lengths.length);
      return outputs.map((now, i) => made(lengths[i]!, "f32", now));
    },

    runInto<Shape>(kernel: Kernel<Shape>, inputs: readonly Storage[], targets: readonly Storage[], shape: Shape) {
      closed.signal.throwIfAborted();
      const loops: Job["loops"] = (values, arrays) => kernel.reference(values, shape, arrays);
      const states = ask({ inputs: inputs.map(nowOf), changes: targets.map(nowOf), loops }, targets.length);
      targets.forEach((target, i) => ((target as Named).now = states[i]!));
    },

    read(storage, signal) {
      const signals = signal ? AbortSignal.any([signal, closed.signal]) : closed.signal;
      const pause = () => pauseIfDue(signals);
      const state = nowOf(storage);
      state.pending++;
      const work = inTurn(async () => {
        try {
          signals.throwIfAborted();
          const values = await evaluate(state, pause);
          return values instanceof Uint16Array ? await widened(values, pause) : values.slice();
        } finally {
          state.pending--;
        }
      });
      return unlessAborted(signals, work);
    },

    free(storage) {
      const named = storage as Named;
      if (named.freed) return;
      named.freed = true; // the numbers go when no pending result needs them
      live.buffers--;
      live.bytes -= bytesOf(named.length, named.dtype);
    },

    ledger: () => ({ ...live, pooledBuffers: 0, pooledBytes: 0, launches, submits: 0 }),

    dispose() {
      closed.abort(new Error("tensor: this executor was closed; open another one"));
    },
  });
}

function needs(job: Job): Numbers[] {
  return [...job.inputs, ...job.changes];
}

function nowOf(storage: Storage): Numbers {
  return (storage as Named).now;
}

function unlessAborted<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason as Error);
    if (signal.aborted) return abort();
    signal.addEventListener("abort", abort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort));
  });
}
