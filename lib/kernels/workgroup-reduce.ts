/**
 * WGSL: combine one value per thread into one value per workgroup, by halving.
 * Every thread of the workgroup must call these together (uniform control flow), and gets the result.
 */
export const workgroupReduce = reduceOf("f32");

/** The same for four values at once. */
export const workgroupReduce4 = reduceOf("vec4f");

/** Threads in a workgroup, in every kernel that uses this snippet or `elements`; a power of two. */
export const WORKGROUP_SIZE = 64;

function reduceOf(type: "f32" | "vec4f"): string {
  return /* wgsl */ `
const WORKGROUP_SIZE = 64u;
var<workgroup> scratch: array<${type}, WORKGROUP_SIZE>;

fn workgroupSum(value: ${type}, thread: u32) -> ${type} {
  scratch[thread] = value;
  workgroupBarrier();
  for (var stride = WORKGROUP_SIZE / 2; stride > 0; stride /= 2) {
    if (thread < stride) { scratch[thread] += scratch[thread + stride]; }
    workgroupBarrier();
  }
  return workgroupUniformLoad(&scratch[0]); // waits, so scratch may be reused afterwards
}

fn workgroupMax(value: ${type}, thread: u32) -> ${type} {
  scratch[thread] = value;
  workgroupBarrier();
  for (var stride = WORKGROUP_SIZE / 2; stride > 0; stride /= 2) {
    if (thread < stride) { scratch[thread] = max(scratch[thread], scratch[thread + stride]); }
    workgroupBarrier();
  }
  return workgroupUniformLoad(&scratch[0]);
}
`;
}
