/**
 * Launches, collected: many kernels in one compute pass, their params in a few buffers, one submit.
 *
 * Params are written just before their submit, so the same buffers serve all batches: the queue keeps the order. They
 * are bound at a dynamic offset, so that a bind group depends on its arrays alone and serves every launch on them.
 */
import { createBindGroups } from "./bind-groups";
import type { Kernel } from "./kernel";
import { createPipelines } from "./pipelines";

/** What is recorded between two submits. */
export type Batch = {
  /** A sentence if anything recorded in it, or anything that it builds on, failed. Never rejects. */
  outcome: Promise<string | undefined>;
};

type Recording = Batch & {
  encoder: GPUCommandEncoder;
  pass?: GPUComputePassEncoder;
  launches: number;
  names: Set<string>;
  /** Compilations, and earlier batches that made the inputs. */
  builtOn: Set<Promise<string | undefined>>;
  settle: (outcome: Promise<string | undefined>) => void;
};

type Bindable = { readonly buffer: GPUBuffer; madeIn?: Batch };

/** Params are bound at multiples of this, the largest alignment that a device may ask for. */
const SLOT_BYTES = 256;
const SLOTS_PER_BUFFER = 256;

/** So that no submit keeps a GPU for longer than its driver allows; a forward pass has a few hundred. */
const MAX_LAUNCHES = 16_384;

export function createBatches(device: GPUDevice) {
  const pipelines = createPipelines(device);
  const bindGroups = createBindGroups(device);
  const params: { buffer: GPUBuffer; words: Uint32Array<ArrayBuffer> }[] = [];
  const counts = { launches: 0, submits: 0 };
  let recording: Recording | undefined;

  function open(): Recording {
    if (recording) return recording;
    device.pushErrorScope("out-of-memory");
    device.pushErrorScope("validation");
    let settle!: Recording["settle"];
    const outcome = new Promise<string | undefined>((resolve) => (settle = resolve));
    const encoder = device.createCommandEncoder();
    return (recording = { encoder, launches: 0, names: new Set(), builtOn: new Set(), outcome, settle });
  }

  /** Stores a launch's params. -> the buffer to bind, and where in it */
  function place(launch: number, name: string, words: Uint32Array): { buffer: GPUBuffer; offset: number } {
    if (words.byteLength > SLOT_BYTES) {
      throw new RangeError(`${name}: expected params of at most ${SLOT_BYTES} bytes, got ${words.byteLength}`);
    }
    const at = Math.floor(launch / SLOTS_PER_BUFFER);
    const size = SLOT_BYTES * SLOTS_PER_BUFFER;
    const usage = GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST;
    const chunk = (params[at] ??= {
      buffer: device.createBuffer({ label: "params", size, usage }),
      words: new Uint32Array(size / 4),
    });
    const offset = (launch % SLOTS_PER_BUFFER) * SLOT_BYTES;
    chunk.words.set(words, offset / 4);
    return { buffer: chunk.buffer, offset };
  }

  return {
    open,
    /** Whether anything waits for a submit. */
    recording: () => recording !== undefined,
    full: () => recording?.launches === MAX_LAUNCHES,
    counts: () => ({ ...counts }),
    /** To be told when a buffer is destroyed. */
    forget: (buffer: GPUBuffer) => bindGroups.forget(buffer),

    launch<Shape>(
      kernel: Kernel<Shape>,
      inputs: readonly Bindable[],
      outputs: readonly Bindable[],
      shape: Shape,
    ): void {
      const batch = open();
      const { pipeline, layout, problem } = pipelines.pipelineFor(kernel, inputs.length, outputs.length);
      batch.names.add(kernel.name);
      if (problem) batch.builtOn.add(problem);
      for (const { madeIn } of inputs) if (madeIn && madeIn !== batch) batch.builtOn.add(madeIn.outcome);
      for (const { madeIn } of outputs) if (madeIn && madeIn !== batch) batch.builtOn.add(madeIn.outcome);

      const { buffer, offset } = place(batch.launches, kernel.name, kernel.params(shape));
      const buffers = [...inputs, ...outputs].map((array) => array.buffer);
      batch.pass ??= batch.encoder.beginComputePass();
      batch.pass.setPipeline(pipeline);
      batch.pass.setBindGroup(0, bindGroups.bindGroupFor(layout, buffers, buffer, SLOT_BYTES), [offset]);
      batch.pass.dispatchWorkgroups(...kernel.workgroups(shape));
      batch.launches++;
      counts.launches++;
    },

    /** The launches from here to the next `encode` have a pass of their own, which notes when it begins and ends. */
    beginTimedPass(timestampWrites: GPUComputePassTimestampWrites): void {
      const batch = open();
      batch.pass?.end();
      batch.pass = batch.encoder.beginComputePass({ timestampWrites });
    },

    /** Something between two passes, such as a copy, after everything recorded so far. */
    encode(record: (encoder: GPUCommandEncoder) => void): Batch {
      const batch = open();
      batch.pass?.end();
      batch.pass = undefined;
      record(batch.encoder);
      return batch;
    },

    flush(): void {
      if (!recording) return;
      const { encoder, pass, launches, names, builtOn, settle } = recording;
      recording = undefined;
      pass?.end();
      for (let first = 0; first < launches; first += SLOTS_PER_BUFFER) {
        const { buffer, words } = params[first / SLOTS_PER_BUFFER]!;
        const slots = Math.min(SLOTS_PER_BUFFER, launches - first);
        device.queue.writeBuffer(buffer, 0, words, 0, (slots * SLOT_BYTES) / 4);
      }
      device.queue.submit([encoder.finish()]);
      counts.submits++;

      const among = names.size > 0 ? ` (in a batch of ${[...names].join(", ")})` : "";
      const scopes = [device.popErrorScope(), device.popErrorScope()].map((scope) =>
        scope.then(
          (error) => (error ? `gpu: ${error.message}${among}` : undefined),
          () => undefined, // the device was lost, which is reported elsewhere
        ),
      );
      // What it builds on comes first: a kernel that does not compile also makes everything after it invalid.
      settle(
        Promise.all([...builtOn, ...scopes]).then((problems) => problems.find((problem) => problem !== undefined)),
      );
    },
  };
}
