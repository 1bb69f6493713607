/** Threads in a workgroup, in every kernel that uses this snippet or `elements`; a power of two. */
export const WORKGROUP_SIZE = 64;

/**
 * WGSL: combine one value per thread into one value per workgroup, by halving.
 * Every thread of the workgroup must call these together (uniform control flow), and gets the result.
 */
export const workgroupReduce = /* wgsl */ `
const WORKGROUP_SIZE = ${WORKGROUP_SIZE}u;
var<workgroup> scratch: array<f32, WORKGROUP_SIZE>;

fn workgroupSum(value: f32, thread: u32) -> f32 {
  scratch[thread] = value;
  workgroupBarrier();
  for (var stride = WORKGROUP_SIZE / 2; stride > 0; stride /= 2) {
    if (thread < stride) { scratch[thread] += scratch[thread + stride]; }
    workgroupBarrier();
  }
  return workgroupUniformLoad(&scratch[0]); // waits, so scratch may be reused afterwards
}

fn workgroupMax(value: f32, thread: u32) -> f32 {
  scratch[thread] = value;
  workgroupBarrier();
  for (var stride = WORKGROUP_SIZE / 2; stride > 0; stride /= 2) {
    if (thread < stride) { scratch[thread] = max(scratch[thread], scratch[thread + stride]); }
    workgroupBarrier();
  }
  return workgroupUniformLoad(&scratch[0]);
}
`;
