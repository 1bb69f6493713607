/**
 * The GPU's memory: buffers handed out, taken back and handed out again.
 *
 * A forward pass asks for the same sizes each time, so a freed buffer waits for the next request of exactly its size.
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

export function createMemory(device: GPUDevice) {
  const pool = new Map<number, GPUBuffer[]>();
  const recent = new Set<GPUBuffer>(); // freed since the last submit, and perhaps still to be read
  let condemned: GPUBuffer[] = []; // to be destroyed after the next submit
  const ledger = { buffers: 0, bytes: 0, pooledBuffers: 0, pooledBytes: 0 };

  function take(size: number, usable: (buffer: GPUBuffer) => boolean): GPUBuffer | undefined {
    const waiting = pool.get(size) ?? [];
    const at = waiting.findLastIndex(usable);
    if (at < 0) return undefined;
    ledger.pooledBuffers--;
    ledger.pooledBytes -= size;
    return waiting.splice(at, 1)[0];
  }

  function create(size: number, label: string, mappedAtCreation: boolean): GPUBuffer {
    const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST;
    return device.createBuffer({ label, size, usage, mappedAtCreation });
  }

  function handOut(buffer: GPUBuffer): GPUBuffer {
    ledger.buffers++;
    ledger.bytes += buffer.size;
    return buffer;
  }

  return {
    /** Room for `length` numbers, of unknown content. `label` names who asked, in error messages. */
    allocate(length: number, label: string): GPUBuffer {
      const size = sizeFor(device, length, label);
      return handOut(take(size, () => true) ?? create(size, label, false));
    },

    upload(values: Float32Array): GPUBuffer {
      const size = sizeFor(device, values.length, "upload");
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
      if (ledger.pooledBytes + buffer.size > MAX_POOLED_BYTES) {
        if (mayBeInUse) condemned.push(buffer);
        else buffer.destroy();
        return;
      }
      if (mayBeInUse) recent.add(buffer);
      const waiting = pool.get(buffer.size) ?? [];
      waiting.push(buffer);
      pool.set(buffer.size, waiting);
      ledger.pooledBuffers++;
      ledger.pooledBytes += buffer.size;
    },

    /** To be called after each submit. */
    submitted(): void {
      recent.clear();
      for (const buffer of condemned) buffer.destroy();
      condemned = [];
    },

    ledger: () => ({ ...ledger }),
  };
}

/** In bytes, rounded up so that nearly equal requests share buffers. Throws what the device cannot hold. */
function sizeFor(device: GPUDevice, length: number, label: string): number {
  const size = Math.ceil((length * 4) / 256) * 256;
  const limit = Math.min(device.limits.maxStorageBufferBindingSize, device.limits.maxBufferSize);
  if (size > limit) {
    throw new RangeError(
      `gpu: expected at most ${limit} bytes in one buffer on this device, got ${size} for ${label}; ` +
        "use a smaller batch or model",
    );
  }
  return size;
}
