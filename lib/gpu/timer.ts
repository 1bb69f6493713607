/** How long the GPU works on some launches, by its own clock. Needs the feature `timestamp-query`. */
import type { Batch } from "./batch";

type Batches = {
  beginTimedPass(timestampWrites: GPUComputePassTimestampWrites): void;
  encode(record: (encoder: GPUCommandEncoder) => void): Batch;
};

export function createTimer(device: GPUDevice, batches: Batches) {
  const BYTES = 16; // two stamps of 64 bits, in nanoseconds
  let made: { querySet: GPUQuerySet; buffer: GPUBuffer } | undefined;

  function make() {
    if (!device.features.has("timestamp-query"))
      throw new Error("gpu: expected a device that can time its passes (timestamp-query), got one that cannot");
    const usage = GPUBufferUsage.QUERY_RESOLVE | GPUBufferUsage.COPY_SRC;
    const buffer = device.createBuffer({ label: "timestamps", size: BYTES, usage });
    return { querySet: device.createQuerySet({ type: "timestamp", count: 2 }), buffer };
  }

  return {
    BYTES,

    /** Where the stamps will be, of a pass of its own for all that `launch` launches. */
    record(launch: () => void): { buffer: GPUBuffer; madeIn: Batch } {
      const { querySet, buffer } = (made ??= make());
      batches.beginTimedPass({ querySet, beginningOfPassWriteIndex: 0, endOfPassWriteIndex: 1 });
      launch();
      const madeIn = batches.encode((encoder) => encoder.resolveQuerySet(querySet, 0, 2, buffer, 0));
      return { buffer, madeIn };
    },

    milliseconds(stamps: ArrayBuffer): number {
      const [begin, end] = new BigUint64Array(stamps);
      return Number(end! - begin!) / 1e6;
    },
  };
}
