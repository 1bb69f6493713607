/**
 * WebGPU in Node, by npm's `webgpu` (Dawn). On Linux it draws on SwiftShader, a software adapter, so that every
 * machine computes the same; PATCHWORK_GPU=native uses the machine's own GPU instead.
 */
import { copyFileSync, existsSync, renameSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { swiftShaderManifest } from "./chromium";

let opened: Promise<GPU> | undefined;

/** The GPU of this process. Throws a sentence if there is no adapter: a GPU test never skips. */
export function nodeGpu(): Promise<GPU> {
  return (opened ??= openGpu());
}

async function openGpu(): Promise<GPU> {
  if (process.platform === "linux" && process.arch === "x64" && process.env.PATCHWORK_GPU !== "native") {
    const manifest = await swiftShaderManifest();
    if (!existsSync(manifest))
      throw new Error(`tests: expected SwiftShader's manifest at ${manifest}, found none; delete .cache and run again`);
    process.env.VK_DRIVER_FILES = manifest;
    process.env.VK_ICD_FILENAMES = manifest;
    placeVulkanLoader(dirname(manifest));
  }
  const { create, globals } = await import("webgpu");
  Object.assign(globalThis, globals);
  const gpu = create([]);
  const adapter = await gpu.requestAdapter();
  if (!adapter) {
    throw new Error(
      "tests: expected a WebGPU adapter, found none; on Linux x64 run `npm ci` again (it brings SwiftShader), " +
        "elsewhere install a GPU driver with Vulkan, Metal or Direct3D 12",
    );
  }
  return gpu;
}

/** Dawn loads Vulkan's loader, which a bare Linux lacks, from the system or from the folder that it is in itself. */
function placeVulkanLoader(folder: string): void {
  const dawn = dirname(createRequire(import.meta.url).resolve("webgpu"));
  const target = join(dawn, "dist", "linux-x64", "libvulkan.so.1");
  if (existsSync(target)) return;
  const unfinished = `${target}.${process.pid}`; // test processes start side by side: none may see half a file
  copyFileSync(join(folder, "libvulkan.so.1"), unfinished);
  renameSync(unfinished, target);
}
