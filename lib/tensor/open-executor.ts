/** Opens the best executor that computes correctly here. */
import type { Executor } from "./executor";
import { openReferenceExecutor } from "./reference-executor";
import { openWebgpuExecutor } from "./webgpu-executor";

export type OpenOptions = {
  /** "reference" skips WebGPU. */
  prefer?: "webgpu" | "reference";
  /** Where to look for an adapter; the browser's own unless given. */
  gpu?: GPU;
  /** Lowers the largest array, to see what happens on a smaller device. */
  maxBindingBytes?: number;
  /** Skips the small test of arithmetic: for whoever wants to find out what a GPU computes wrong. */
  untested?: boolean;
  /** Told once, in a sentence, when the device is lost. Everything then rejects: open another executor. */
  onLost?(message: string): void;
};

/**
 * WebGPU if there is an adapter and it passes a small test of arithmetic; otherwise the plain loops, and a `note` that
 * says why, in one sentence for readers. Never rejects.
 */
export async function openExecutor(options: OpenOptions = {}): Promise<{ executor: Executor; note?: string }> {
  if (options.prefer === "reference") return { executor: openReferenceExecutor(options) };
  try {
    return { executor: await openWebgpuExecutor(options) };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { executor: openReferenceExecutor(options), note: `Running without the GPU, more slowly: ${reason}` };
  }
}
