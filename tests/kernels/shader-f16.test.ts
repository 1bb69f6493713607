/**
 * What needs `shader-f16`, which the software adapter of these tests lacks. Dawn's null backend has it: it checks and
 * translates shaders as a GPU's driver would be given them, and runs nothing. That the numbers are the same follows from
 * the text: apart from the type of the tiles, the shaders are the one that `weights.test.ts` runs.
 */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { create } from "webgpu";
import { openDevice, type Device, type Kernel } from "../../lib/gpu";
import { linearRows } from "../../lib/kernels";
import { nodeGpu } from "../gpu";

let device: Device;

beforeAll(async () => {
  await nodeGpu(); // WebGPU's constants
  device = await openDevice({ gpu: create(["backend=null", "enable-dawn-features=allow_unsafe_apis"]) });
});

afterAll(() => device.dispose());

/** Rejects with the compiler's words. */
async function compiled(kernel: Kernel<{ m: number; k: number; n: number; first: number; across: number }>) {
  const inputs = [4, 2, 1].slice(0, kernel.name.includes("bias") ? 3 : 2);
  const arrays = inputs.map((length) => device.allocate(length, "f32", "test"));
  const [y] = device.run(kernel, arrays, { m: 1, k: 4, n: 1, first: 0, across: 1 });
  await device.read(y!);
}

describe("with shader-f16", () => {
  test("the device asks for it", () => {
    expect([...device.features]).toContain("shader-f16");
  });

  test.each(Object.entries(linearRows))("linearRows.%s compiles", async (_, kernel) => {
    await compiled(kernel);
  });

  test("control: a mistake with halves is seen", async () => {
    const wgsl = linearRows.shaderF16.wgsl.replace("vec4f(aTile[", "(aTile[");
    await expect(compiled({ ...linearRows.shaderF16, name: "mixed", wgsl })).rejects.toThrow(
      /mixed: .* does not compile/,
    );
  });

  test.each(["", "Bias"] as const)("the shader differs from the one without it in its tiles alone%s", (bias) => {
    const plain = (wgsl: string) =>
      wgsl.replace("enable f16;", "").replaceAll("vec4h", "vec4f").replaceAll(/\s+/g, " ");
    const [native, emulated] = [linearRows[`shaderF16${bias}`].wgsl, linearRows[`f16${bias}`].wgsl];
    expect(native).toContain("array<vec4h");
    expect(plain(native)).toBe(plain(emulated));
  });
});
