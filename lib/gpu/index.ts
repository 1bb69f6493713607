export { inspectAdapter, type AdapterReport } from "./adapter";
export { openDevice, type Device, type DeviceOptions, type GpuArray, type Ledger } from "./device";
export { float32Bits, grid, type Kernel, type NumberType, type Reference } from "./kernel";
