/** What a browser says about its GPU. */

/** An adapter as readers see it, and as a report of a problem needs it. */
export type AdapterReport = {
  /** In short, such as "apple metal-3". */
  name: string;
  /** Each may be empty: browsers tell as little as they like. */
  vendor: string;
  architecture: string;
  device: string;
  description: string;
  /** Whether the processor plays the GPU. */
  software: boolean;
  /** WebGPU's names, in alphabetical order. */
  features: string[];
  limits: Record<string, number>;
};

/** Rejects with a sentence when there is no WebGPU or no adapter. @param gpu the browser's own unless given */
export async function inspectAdapter(gpu?: GPU): Promise<AdapterReport> {
  const { info, features, limits } = await findAdapter(gpu);
  const name = adapterName(info);
  return {
    name,
    vendor: info.vendor,
    architecture: info.architecture,
    device: info.device,
    description: info.description,
    software: info.isFallbackAdapter || /swiftshader|llvmpipe|basic render/i.test(name),
    features: [...features].sort(),
    limits: numbersOf(limits),
  };
}

/** The fast one, if there are several. Rejects with a sentence when there is none. */
export async function findAdapter(gpu: GPU | undefined = globalThis.navigator?.gpu): Promise<GPUAdapter> {
  if (!gpu) throw new Error("this browser has no WebGPU.");
  const adapter = await gpu.requestAdapter({ powerPreference: "high-performance" });
  if (!adapter) throw new Error("the browser found no GPU that WebGPU can use.");
  return adapter;
}

export function adapterName({ vendor, architecture, device, description }: GPUAdapterInfo): string {
  return [vendor, architecture || device, description].filter(Boolean).join(" ") || "a GPU";
}

export function numbersOf(limits: GPUSupportedLimits): Record<string, number> {
  const numbers: Record<string, number> = {};
  for (const name in limits) {
    const value = limits[name as keyof GPUSupportedLimits] as unknown;
    if (typeof value === "number") numbers[name] = value;
  }
  return numbers;
}
