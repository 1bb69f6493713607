/** Features and limits of WebGPU that matter to models, in words. Values are what the specification grants every device. */
import { inBytes, inCount, sideOfMatrix } from "./numbers";

export const features: readonly { name: string; words: string }[] = [
  {
    name: "shader-f16",
    words: "Shaders know numbers of 16 bits. With it, weights that are kept as halves are multiplied as halves.",
  },
  {
    name: "subgroups",
    words: "Threads that run together exchange numbers without going through memory. No kernel here asks for it yet.",
  },
  {
    name: "timestamp-query",
    words: "The GPU times its own work. Without it, times are the page’s, and include the way back of the numbers.",
  },
];

export type LimitWords = {
  /** WebGPU's name of it. */
  name: string;
  title: string;
  words: string;
  /** Of every device. */
  granted: number;
  show: (value: number) => string;
  /** What the number means, if more can be said. */
  means?: (value: number) => string;
};

export const limits: readonly LimitWords[] = [
  {
    name: "maxStorageBufferBindingSize",
    title: "The largest matrix in one piece",
    words:
      "So much of one array can a kernel see: a square of so many numbers. A larger weight is kept in parts, some rows in each.",
    granted: 2 ** 27,
    show: inBytes,
    means: (bytes) => `${inCount(sideOfMatrix(bytes))} × ${inCount(sideOfMatrix(bytes))}`,
  },
  {
    name: "maxBufferSize",
    title: "The largest buffer",
    words: "So much memory can be had at once. Whether it is free is another question.",
    granted: 2 ** 28,
    show: inBytes,
  },
  {
    name: "maxComputeWorkgroupStorageSize",
    title: "What a workgroup shares",
    words: "Fast memory for threads that work together. A tile of a matrix product waits there.",
    granted: 16_384,
    show: inBytes,
  },
  {
    name: "maxComputeInvocationsPerWorkgroup",
    title: "Threads in a workgroup",
    words: "Our kernels use 64, which suits every GPU.",
    granted: 256,
    show: inCount,
  },
  {
    name: "maxComputeWorkgroupsPerDimension",
    title: "Workgroups in a row",
    words: "A longer list of them is folded into a second dimension.",
    granted: 65_535,
    show: inCount,
  },
  {
    name: "maxStorageBuffersPerShaderStage",
    title: "Arrays that a kernel can see",
    words: "Our largest, attention with a mask, sees six: queries, keys, values, the mask and two results.",
    granted: 8,
    show: inCount,
  },
];
