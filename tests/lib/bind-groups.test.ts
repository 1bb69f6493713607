import { describe, expect, test } from "vitest";
import { createBindGroups } from "../../lib/gpu/bind-groups";

/** Objects that stand for the device's own: only which ones they are matters here. */
function fakes() {
  const made: GPUBindGroupDescriptor[] = [];
  const createBindGroup = (descriptor: GPUBindGroupDescriptor) => {
    made.push(descriptor);
    return {} as GPUBindGroup;
  };
  const groups = createBindGroups({ createBindGroup } as unknown as GPUDevice);
  const buffer = () => ({}) as GPUBuffer;
  return { made, groups, layout: {} as GPUBindGroupLayout, params: buffer(), buffer };
}

describe("bind groups", () => {
  test("are made once for the same layout and buffers in the same order", () => {
    const { made, groups, layout, params, buffer } = fakes();
    const [a, b] = [buffer(), buffer()];
    const first = groups.bindGroupFor(layout, [a, b], params, 256);
    expect(groups.bindGroupFor(layout, [a, b], params, 256)).toBe(first);
    expect(groups.bindGroupFor(layout, [b, a], params, 256)).not.toBe(first);
    expect(groups.bindGroupFor({} as GPUBindGroupLayout, [a, b], params, 256)).not.toBe(first);
    expect(groups.bindGroupFor(layout, [a, b], buffer(), 256)).not.toBe(first);
    expect(made).toHaveLength(4);
  });

  test("bind arrays whole, and params as a slot at a dynamic offset", () => {
    const { made, groups, layout, params, buffer } = fakes();
    const a = buffer();
    groups.bindGroupFor(layout, [a], params, 256);
    expect(made[0]!.entries).toEqual([
      { binding: 0, resource: { buffer: a } },
      { binding: 1, resource: { buffer: params, size: 256 } },
    ]);
  });

  test("go with the buffers that are destroyed", () => {
    const { made, groups, layout, params, buffer } = fakes();
    const [a, b, c] = [buffer(), buffer(), buffer()];
    const [withA, withoutA] = [
      groups.bindGroupFor(layout, [a, b], params, 256),
      groups.bindGroupFor(layout, [b, c], params, 256),
    ];
    groups.forget(a);
    expect(groups.bindGroupFor(layout, [b, c], params, 256)).toBe(withoutA);
    expect(groups.bindGroupFor(layout, [a, b], params, 256)).not.toBe(withA);
    expect(made).toHaveLength(3);
  });

  test("are not kept without end", () => {
    const { made, groups, layout, params, buffer } = fakes();
    const [first, last] = [buffer(), buffer()];
    groups.bindGroupFor(layout, [first], params, 256);
    for (let i = 0; i < 20_000; i++) groups.bindGroupFor(layout, [buffer()], params, 256);
    groups.bindGroupFor(layout, [last], params, 256);
    groups.bindGroupFor(layout, [last], params, 256);
    expect(made).toHaveLength(20_002);
    groups.bindGroupFor(layout, [first], params, 256); // the oldest are gone
    expect(made).toHaveLength(20_003);
  });
});
