/**
 * Launches, collected: many kernels in one compute pass, their params in one buffer, one submit.
 *
 * The params buffer is written just before its submit, so one buffer serves all batches: the queue keeps the order.
 */
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

type Bindable = { readonly length: number; readonly buffer: GPUBuffer; readonly madeIn?: Batch };

/** Params are bound at multiples of this, the largest alignment that a device may ask for. */
const SLOT_BYTES = 256;
const MAX_LAUNCHES = 256;

export function createBatches(device: GPUDevice) {
  const pipelines = createPipelines(device);
  const words = new Uint32Array((SLOT_BYTES / 4) * MAX_LAUNCHES);
  const uniforms = device.createBuffer({
    label: "params",
    size: words.byteLength,
    usage: GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST,
  });
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

  return {
    open,
    /** Whether anything waits for a submit. */
    recording: () => recording !== undefined,
    full: () => recording?.launches === MAX_LAUNCHES,
    counts: () => ({ ...counts }),

    launch<Shape>(
      kernel: Kernel<Shape>,
      inputs: readonly Bindable[],
      outputs: readonly Bindable[],
      shape: Shape,
    ): void {
      const batch = open();
      const { pipeline, layout, problem } = pipelines.pipelineFor(kernel, inputs.length, outputs.length);
      batch.names.add(kernel.name);
      batch.builtOn.add(problem);
      for (const { madeIn } of inputs) if (madeIn && madeIn !== batch) batch.builtOn.add(madeIn.outcome);

      const params = kernel.params(shape);
      if (params.byteLength > SLOT_BYTES) {
        throw new RangeError(
          `${kernel.name}: expected params of at most ${SLOT_BYTES} bytes, got ${params.byteLength}`,
        );
      }
      const offset = batch.launches * SLOT_BYTES;
      words.set(params, offset / 4);
      const arrays = [...inputs, ...outputs].map(({ buffer, length }) => ({ buffer, size: length * 4 }));
      const uniform = { buffer: uniforms, offset, size: Math.ceil(params.byteLength / 16) * 16 };
      const entries = [...arrays, uniform].map((resource, binding) => ({ binding, resource }));

      batch.pass ??= batch.encoder.beginComputePass();
      batch.pass.setPipeline(pipeline);
      batch.pass.setBindGroup(0, device.createBindGroup({ label: kernel.name, layout, entries }));
      batch.pass.dispatchWorkgroups(...kernel.workgroups(shape));
      batch.launches++;
      counts.launches++;
    },

    /** Copies the first bytes of a buffer, after everything recorded so far. */
    copy(from: GPUBuffer, to: GPUBuffer, bytes: number): Batch {
      const batch = open();
      batch.pass?.end();
      batch.pass = undefined;
      batch.encoder.copyBufferToBuffer(from, 0, to, 0, bytes);
      return batch;
    },

    flush(): void {
      if (!recording) return;
      const { encoder, pass, launches, names, builtOn, settle } = recording;
      recording = undefined;
      pass?.end();
      if (launches > 0) device.queue.writeBuffer(uniforms, 0, words, 0, (launches * SLOT_BYTES) / 4);
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
