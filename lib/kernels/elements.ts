/** For kernels with one thread per number of the output. */
import { grid } from "../gpu";
import { WORKGROUP_SIZE } from "./workgroup-reduce";

/** WGSL: which number a thread makes. Threads beyond the last number find an index >= length and leave. */
export const elements = /* wgsl */ `
const WORKGROUP_SIZE = ${WORKGROUP_SIZE}u;

fn elementOf(group: vec3u, groups: vec3u, thread: u32) -> u32 {
  return (group.y * groups.x + group.x) * WORKGROUP_SIZE + thread;
}
`;

/** WGSL: the entry point's arguments, the same in every kernel that is not a tile. */
export const threadBuiltins = /* wgsl */ `
      @builtin(workgroup_id) group: vec3u,
      @builtin(num_workgroups) groups: vec3u,
      @builtin(local_invocation_index) thread: u32,`;

export function workgroupsForElements(length: number): [number, number] {
  return grid(Math.ceil(length / WORKGROUP_SIZE));
}
