/**
 * Bind groups, made once per layout and list of buffers. A decoded token uses the buffers of the token before it, so it
 * needs no new ones.
 */

/** Beyond this many the oldest go: a page that runs many models would otherwise keep them all. */
const MAX_KEPT = 16_384;

export function createBindGroups(device: GPUDevice) {
  const kept = new Map<string, { group: GPUBindGroup; buffers: readonly GPUBuffer[] }>();
  const numbers = new Map<object, number>(); // of layouts and buffers, for keys
  const users = new Map<GPUBuffer, Set<string>>(); // which bind groups hold a buffer
  let next = 0;

  function numberOf(thing: object): number {
    const known = numbers.get(thing);
    if (known !== undefined) return known;
    numbers.set(thing, next);
    return next++;
  }

  function create(layout: GPUBindGroupLayout, buffers: readonly GPUBuffer[], params: GPUBuffer, paramsBytes: number) {
    const resources = [...buffers.map((buffer) => ({ buffer })), { buffer: params, size: paramsBytes }];
    return device.createBindGroup({ layout, entries: resources.map((resource, binding) => ({ binding, resource })) });
  }

  function drop(key: string): void {
    for (const buffer of kept.get(key)?.buffers ?? []) users.get(buffer)?.delete(key);
    kept.delete(key);
  }

  return {
    /** `buffers` in the order of their bindings, then params at a dynamic offset. */
    bindGroupFor(
      layout: GPUBindGroupLayout,
      buffers: readonly GPUBuffer[],
      params: GPUBuffer,
      paramsBytes: number,
    ): GPUBindGroup {
      let key = `${numberOf(layout)} ${numberOf(params)}`;
      for (const buffer of buffers) key += ` ${numberOf(buffer)}`;
      const known = kept.get(key);
      if (known) return known.group;
      const group = create(layout, buffers, params, paramsBytes);
      kept.set(key, { group, buffers });
      for (const buffer of buffers) {
        const list = users.get(buffer);
        if (list) list.add(key);
        else users.set(buffer, new Set([key]));
      }
      if (kept.size > MAX_KEPT) drop(kept.keys().next().value!);
      return group;
    },

    /** Lets go of what holds a buffer that is destroyed. */
    forget(buffer: GPUBuffer): void {
      for (const key of [...(users.get(buffer) ?? [])]) drop(key);
      users.delete(buffer);
      numbers.delete(buffer);
    },
  };
}
