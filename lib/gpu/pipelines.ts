/** Compiled kernels. Each is compiled once per device, at its first launch. */
import type { Kernel } from "./kernel";

export type Pipeline = {
  pipeline: GPUComputePipeline;
  layout: GPUBindGroupLayout;
  /** A sentence, if the shader did not compile or does not fit its bindings; absent once it is known to be fine. */
  problem?: Promise<string | undefined>;
};

export type Pipelines = ReturnType<typeof createPipelines>;

export function createPipelines(device: GPUDevice) {
  const compiled = new Map<object, Pipeline>();
  const layouts = new Map<string, GPUBindGroupLayout>();

  /** Inputs, outputs, params: see `Kernel`. */
  function layoutFor(inputs: number, outputs: number): GPUBindGroupLayout {
    const key = `${inputs} ${outputs}`;
    const known = layouts.get(key);
    if (known) return known;
    const types: GPUBufferBindingType[] = [
      ...new Array<GPUBufferBindingType>(inputs).fill("read-only-storage"),
      ...new Array<GPUBufferBindingType>(outputs).fill("storage"),
      "uniform",
    ];
    const entries = types.map((type, binding) => ({
      binding,
      visibility: GPUShaderStage.COMPUTE,
      buffer: { type, hasDynamicOffset: type === "uniform" },
    }));
    const layout = device.createBindGroupLayout({ entries });
    layouts.set(key, layout);
    return layout;
  }

  return {
    pipelineFor<Shape>(kernel: Kernel<Shape>, inputs: number, outputs: number): Pipeline {
      const known = compiled.get(kernel);
      if (known) return known;
      device.pushErrorScope("validation");
      const layout = layoutFor(inputs, outputs);
      const module = device.createShaderModule({ label: kernel.name, code: kernel.wgsl });
      const pipeline = device.createComputePipeline({
        label: kernel.name,
        layout: device.createPipelineLayout({ bindGroupLayouts: [layout] }),
        compute: { module, entryPoint: "main" },
      });
      const problem = device.popErrorScope().then(
        (error) => (error ? `${kernel.name}: the kernel does not compile here: ${error.message}` : undefined),
        () => undefined, // the device was lost, which is reported elsewhere
      );
      const entry: Pipeline = { pipeline, layout, problem };
      void problem.then((sentence) => {
        if (!sentence) entry.problem = undefined;
      });
      compiled.set(kernel, entry);
      return entry;
    },
  };
}
