/**
 * Stored numbers into a part of an existing array, converted on the way: words of a file -> y
 *
 *     y[at + i] = convert(stored[i])   for i < count
 *
 * The words hold f32, f16 or bf16 (the upper half of an f32), lowest byte first. `storeFloats` makes f32, exactly.
 * `storeHalves` makes halves, two in a word, rounded as `half.ts` says; one thread per word keeps the half that is not
 * asked for. Bits are moved as integers, so that nothing is lost on the way.
 */
import type { Kernel } from "../gpu";
import { elements, threadBuiltins, workgroupsForElements } from "./elements";
import { halfConversions } from "./half";
import { storeFloatsReference, storeHalvesReference, type StoreShape } from "./store.reference";

export const storedTypes = { F32: 0, F16: 1, BF16: 2 } as const;

const source = /* wgsl */ `
    ${elements}
    ${halfConversions}
    struct Params { stored: u32, at: u32, count: u32 }

    @group(0) @binding(0) var<storage, read> words: array<u32>;
    @group(0) @binding(1) var<storage, read_write> y: array<u32>;
    @group(0) @binding(2) var<uniform> params: Params;

    fn shortAt(i: u32) -> u32 { return (words[i / 2] >> (i % 2 * 16)) & 0xffff; }
`;

/** To be launched by `runInto`. */
export const storeFloats: Kernel<StoreShape> = {
  name: "storeFloats",
  params: ({ stored, at, count }) => Uint32Array.of(stored, at, count),
  workgroups: ({ count }) => workgroupsForElements(count),
  outputs: ({ at, count }) => [at + count],
  reference: storeFloatsReference,
  wgsl: /* wgsl */ `
    ${source}
    @compute @workgroup_size(WORKGROUP_SIZE)
    fn main(${threadBuiltins}
    ) {
      let i = elementOf(group, groups, thread);
      if (i >= params.count) { return; }
      var bits: u32;
      switch (params.stored) {
        case ${storedTypes.F32}: { bits = words[i]; }
        case ${storedTypes.F16}: { bits = halfToFloatBits(shortAt(i)); }
        default: { bits = shortAt(i) << 16; }
      }
      y[params.at + i] = bits;
    }
  `,
};

/** To be launched by `runInto`. */
export const storeHalves: Kernel<StoreShape> = {
  name: "storeHalves",
  params: ({ stored, at, count }) => Uint32Array.of(stored, at, count),
  workgroups: ({ at, count }) => workgroupsForElements(Math.ceil((at + count) / 2) - Math.floor(at / 2)),
  outputs: ({ at, count }) => [Math.ceil((at + count) / 2)],
  reference: storeHalvesReference,
  wgsl: /* wgsl */ `
    ${source}
    fn halfOf(i: u32) -> u32 {
      switch (params.stored) {
        case ${storedTypes.F32}: { return halfBits(words[i]); }
        case ${storedTypes.F16}: { return shortAt(i); }
        default: { return halfBits(shortAt(i) << 16); }
      }
    }

    @compute @workgroup_size(WORKGROUP_SIZE)
    fn main(${threadBuiltins}
    ) {
      let place = params.at / 2 + elementOf(group, groups, thread);
      let end = params.at + params.count;
      if (place * 2 >= end) { return; }
      var pair = y[place];
      if (place * 2 >= params.at) { pair = (pair & 0xffff0000) | halfOf(place * 2 - params.at); }
      if (place * 2 + 1 < end) { pair = (pair & 0x0000ffff) | (halfOf(place * 2 + 1 - params.at) << 16); }
      y[place] = pair;
    }
  `,
};
