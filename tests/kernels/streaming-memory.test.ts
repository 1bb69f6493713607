/** A weight that is streamed to the device takes no room in JavaScript's memory: measured in a process of its own. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const MEGABYTE = 2 ** 20;
const WEIGHT = 64 * MEGABYTE;

/**
 * Writes 64 MB to the GPU, in chunks or as one array, and prints by how many bytes heap and external memory grew at most,
 * and whether the last number arrived.
 */
const CHILD = `
  import { allocate, openExecutor, tensor, write } from "./lib/tensor/index.ts";
  import { nodeGpu } from "./tests/gpu.ts";
  const { executor } = await openExecutor({ gpu: await nodeGpu() });
  const used = () => {
    const { heapUsed, external } = process.memoryUsage(); // external counts array buffers
    return heapUsed + external;
  };
  const [how, from] = process.argv.slice(1);
  const length = ${WEIGHT} / 4;
  const step = 2 ** 18; // numbers
  const size = from === "F32" ? 4 : 2;
  gc();
  const before = used();
  let most = 0;
  const look = () => { gc(); most = Math.max(most, used() - before); }; // what is held, not what waits to be collected
  let weight;
  if (how === "streamed") {
    weight = allocate([length / 256, 256], { executor });
    for (let at = 0; at < length; at += step) {
      const chunk = new Uint8Array(step * size); // as it comes from the network
      if (at + step === length) chunk.set([0, 64], chunk.length - 2); // 2 in f32, f16 and bf16 alike
      await write(weight, at, chunk, from);
      look();
    }
  } else {
    const values = new Float32Array(length);
    values[length - 1] = 2;
    weight = tensor(values, [length / 256, 256], executor);
    look();
  }
  const [last] = await weight.gather([length / 256 - 1]).slice(0, 255).reshape([1]).data();
  console.log(JSON.stringify({ name: executor.name, most, last }));
  process.exit(0);
`;

async function child(how: string, from: string): Promise<{ name: string; most: number; last: number }> {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ["--expose-gc", "--import", "tsx", "--input-type=module", "--eval", CHILD, how, from],
    { timeout: 100_000 },
  );
  return JSON.parse(stdout.trim().split("\n").at(-1)!) as { name: string; most: number; last: number };
}

test.each(["F32", "BF16"])("64 MB in chunks of %s", async (from) => {
  const { name, most, last } = await child("streamed", from);
  expect({ name, last }).toEqual({ name: "webgpu", last: 2 });
  expect(most).toBeLessThan(WEIGHT / 16);
});

test("control: 64 MB as an array are seen", async () => {
  const { most, last } = await child("whole", "F32");
  expect(last).toBe(2);
  expect(most).toBeGreaterThan(WEIGHT * 0.9);
});
