/**
 * The GPU's memory: buffers handed out, taken back and handed out again.
 *
 * A forward pass asks for the same sizes each time, so a freed buffer waits for the next request of its size. Of several
 * the oldest is taken: equal passes then use the same buffers in the same places, and their bind groups again.
 * Freed buffers may still be read by launches that are recorded but not submitted. Later launches may overwrite them
 * (the GPU keeps the order), but the CPU may not, since its writes happen before the submit.
 */
export type Ledger = {
  /** Handed out and not freed. */
  buffers: number;
  bytes: number;
  /** Freed, and kept for reuse. */
  pooledBuffers: number;
  pooledBytes: number;
  /** Kernels launched, and how many times work was handed to the device, since it was opened. */
  launches: number;
  submits: number;
};

/** More freed memory than this is returned to the system. */
const MAX_POOLED_BYTES = 256 * 2 ** 20;

export type Memory = ReturnType<typeof createMemory>;

/** `onDestroy` is told of each buffer that will not be used again. */
export function createMemory(device: GPUDevice, maxBindingBytes: number, onDestroy: (buffer: GPUBuffer) => void) {
  const pool = new Map<number, GPUBuffer[]>();
  const ages = new WeakMap<GPUBuffer, number>();
  const apart = new WeakSet<GPUBuffer>(); // of odd sizes: weights, which no later request would find
  const recent = new Set<GPUBuffer>(); // freed since the last submit, and perhaps still to be read
  let condemned: GPUBuffer[] = []; // to be destroyed after the next submit
  let created = 0;
  const ledger = { buffers: 0, bytes: 0, pooledBuffers: 0, pooledBytes: 0 };

  function take(size: number, usable: (buffer: GPUBuffer) => boolean): GPUBuffer | undefined {
    const waiting = pool.get(size) ?? [];
    const at = waiting.findIndex(usable);
    if (at < 0) return undefined;
    ledger.pooledBuffers--;
    ledger.pooledBytes -= size;
    return waiting.splice(at, 1)[0];
  }

  function create(size: number, label: string, mappedAtCreation = false): GPUBuffer {
    const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST;
    const buffer = device.createBuffer({ label, size, usage, mappedAtCreation });
    ages.set(buffer, created++);
    return buffer;
  }

  function handOut(buffer: GPUBuffer): GPUBuffer {
    ledger.buffers++;
    ledger.bytes += buffer.size;
    return buffer;
  }

  function keep(buffer: GPUBuffer): void {
    const waiting = pool.get(buffer.size) ?? [];
    const age = ages.get(buffer)!;
    const younger = waiting.findIndex((other) => ages.get(other)! > age);
    waiting.splice(younger < 0 ? waiting.length : younger, 0, buffer);
    pool.set(buffer.size, waiting);
    ledger.pooledBuffers++;
    ledger.pooledBytes += buffer.size;
  }

  function destroy(buffer: GPUBuffer): void {
    onDestroy(buffer);
    buffer.destroy();
  }

  /** @throws what the device cannot hold. */
  function checked(bytes: number, label: string): number {
    if (bytes > maxBindingBytes) {
      throw new RangeError(
        `gpu: expected at most ${maxBindingBytes} bytes in one buffer on this device, got ${bytes} for ${label}; ` +
          "use a smaller batch or model",
      );
    }
    return bytes;
  }

  return {
    /** Room for a result, of unknown content. `label` names who asked, in error messages. */
    allocate(bytes: number, label: string): GPUBuffer {
      const size = roundedSize(checked(bytes, label), maxBindingBytes);
      return handOut(take(size, () => true) ?? create(size, label));
    },

    /** Room of its own, all zeros. */
    allocateZeros(bytes: number, label: string): GPUBuffer {
      const buffer = create(Math.max(4, Math.ceil(checked(bytes, label) / 4) * 4), label);
      apart.add(buffer);
      return handOut(buffer);
    },

    upload(values: Float32Array): GPUBuffer {
      const size = roundedSize(checked(values.byteLength, "upload"), maxBindingBytes);
      const reused = take(size, (buffer) => !recent.has(buffer));
      if (reused) {
        device.queue.writeBuffer(reused, 0, values as Float32Array<ArrayBuffer>);
        return handOut(reused);
      }
      const buffer = create(size, "upload", true);
      new Float32Array(buffer.getMappedRange()).set(values);
      buffer.unmap();
      return handOut(buffer);
    },

    /** `mayBeInUse`: whether a launch that is recorded but not submitted may still read it. */
    free(buffer: GPUBuffer, mayBeInUse: boolean): void {
      ledger.buffers--;
      ledger.bytes -= buffer.size;
      if (!apart.has(buffer) && ledger.pooledBytes + buffer.size <= MAX_POOLED_BYTES) {
        if (mayBeInUse) recent.add(buffer);
        keep(buffer);
      } else if (mayBeInUse) condemned.push(buffer);
      else destroy(buffer);
    },

    /** To be called after each submit. */
    submitted(): void {
      recent.clear();
      for (const buffer of condemned) destroy(buffer);
      condemned = [];
    },

    ledger: () => ({ ...ledger }),
  };
}

/**
 * So that nearly equal requests share buffers, such as those of a text that grows word by word: multiples of 256 bytes,
 * and above 4 KB eight sizes from each power of two to the next, which wastes an eighth at most.
 */
function roundedSize(bytes: number, limit: number): number {
  const step = Math.max(256, 2 ** (Math.floor(Math.log2(Math.max(bytes, 1))) - 3));
  return Math.max(bytes, Math.min(Math.ceil(bytes / step) * step, limit));
}
