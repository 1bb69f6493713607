/** Reading back: through buffers that the CPU may map, kept for the next read of their size. */
import type { Batch } from "./batch";

/** More than this is returned to the system. */
const MAX_KEPT_BYTES = 16 * 2 ** 20;

export function createReads(device: GPUDevice) {
  const waiting = new Map<number, GPUBuffer[]>();
  let keptBytes = 0;

  function take(size: number): GPUBuffer {
    const known = waiting.get(size)?.pop();
    if (known) keptBytes -= size;
    const usage = GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST;
    return known ?? device.createBuffer({ label: "read", size, usage });
  }

  function giveBack(buffer: GPUBuffer): void {
    if (keptBytes + buffer.size > MAX_KEPT_BYTES) return buffer.destroy();
    keptBytes += buffer.size;
    const list = waiting.get(buffer.size);
    if (list) list.push(buffer);
    else waiting.set(buffer.size, [buffer]);
  }

  return {
    /**
     * The first `bytes` that `copy` brings into the buffer it is given. `settled` waits for the mapping together with
     * whatever else decides whether the numbers are good.
     */
    async bytes(
      bytes: number,
      copy: (to: GPUBuffer, bytes: number) => Batch,
      settled: (mapped: Promise<unknown>, batch: Batch) => Promise<void>,
    ): Promise<ArrayBuffer> {
      const whole = Math.ceil(bytes / 4) * 4;
      const buffer = take(Math.ceil(whole / 256) * 256);
      let ours = true;
      try {
        const batch = copy(buffer, whole);
        const mapped = buffer.mapAsync(GPUMapMode.READ);
        await settled(mapped, batch);
        const copied = buffer.getMappedRange(0, whole).slice(0, bytes);
        buffer.unmap();
        giveBack(buffer);
        ours = false;
        return copied;
      } finally {
        if (ours) buffer.destroy(); // aborted or failed, perhaps still to be mapped
      }
    },
  };
}
