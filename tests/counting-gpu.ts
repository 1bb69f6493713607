/** A GPU that counts what is asked of it: what a forward pass or a decoded token costs beside arithmetic. */

/** Calls since the count began; bytes are those of buffers made and of queue writes. */
export type Counts = {
  buffers: number;
  bufferBytes: number;
  bindGroups: number;
  dispatches: number;
  passes: number;
  submits: number;
  writes: number;
  writtenBytes: number;
  maps: number;
  pipelines: number;
};

export type CountingGpu = {
  gpu: GPU;
  /** What was counted since the last call. */
  take(): Counts;
};

const none = (): Counts => ({
  buffers: 0,
  bufferBytes: 0,
  bindGroups: 0,
  dispatches: 0,
  passes: 0,
  submits: 0,
  writes: 0,
  writtenBytes: 0,
  maps: 0,
  pipelines: 0,
});

/** Wraps a GPU: every device that comes from it counts into one list. */
export function countingGpu(gpu: GPU): CountingGpu {
  let counts = none();

  const buffer = (made: GPUBuffer): GPUBuffer => {
    const mapAsync = made.mapAsync.bind(made);
    // The buffer itself is not wrapped, since the device has to recognise it.
    made.mapAsync = (...args) => {
      counts.maps++;
      return mapAsync(...args);
    };
    return made;
  };

  const pass = (made: GPUComputePassEncoder) =>
    watched(made, {
      dispatchWorkgroups: (...args) => {
        counts.dispatches++;
        made.dispatchWorkgroups(...args);
      },
    });

  const encoder = (made: GPUCommandEncoder) =>
    watched(made, {
      beginComputePass: (descriptor) => {
        counts.passes++;
        return pass(made.beginComputePass(descriptor));
      },
    });

  const queue = (made: GPUQueue) =>
    watched(made, {
      submit: (buffers) => {
        counts.submits++;
        return made.submit(buffers);
      },
      writeBuffer: (...args) => {
        const [, , data, start = 0, size] = args;
        const unit = ArrayBuffer.isView(data) && "BYTES_PER_ELEMENT" in data ? Number(data.BYTES_PER_ELEMENT) : 1;
        counts.writes++;
        counts.writtenBytes += size === undefined ? data.byteLength - start * unit : size * unit;
        return made.writeBuffer(...args);
      },
    });

  const device = (made: GPUDevice) => {
    const watchedQueue = queue(made.queue);
    return watched(
      made,
      {
        createBuffer: (descriptor) => {
          counts.buffers++;
          counts.bufferBytes += descriptor.size;
          return buffer(made.createBuffer(descriptor));
        },
        createBindGroup: (descriptor) => {
          counts.bindGroups++;
          return made.createBindGroup(descriptor);
        },
        createComputePipeline: (descriptor) => {
          counts.pipelines++;
          return made.createComputePipeline(descriptor);
        },
        createCommandEncoder: (descriptor) => encoder(made.createCommandEncoder(descriptor)),
      },
      { queue: watchedQueue },
    );
  };

  const adapter = (made: GPUAdapter) =>
    watched(made, { requestDevice: async (descriptor) => device(await made.requestDevice(descriptor)) });

  const requestAdapter = async (options?: GPURequestAdapterOptions) => {
    const found = await gpu.requestAdapter(options);
    return found && adapter(found);
  };

  return {
    gpu: watched(gpu, { requestAdapter }),
    take() {
      const taken = counts;
      counts = none();
      return taken;
    },
  };
}

/** The same object with some methods replaced; all others are called on the original, as WebGPU demands. */
function watched<T extends object>(original: T, methods: Partial<T>, values: Partial<T> = {}): T {
  return new Proxy(original, {
    get(target, name) {
      const replaced: unknown = Reflect.get(methods, name) ?? Reflect.get(values, name);
      if (replaced !== undefined) return replaced;
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === "function" ? (value.bind(target) as unknown) : value;
    },
  });
}
