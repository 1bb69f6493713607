export { float32Bits, grid, type Kernel, type Reference } from "./kernel";
export { openDevice, type Device, type DeviceOptions, type GpuArray, type Ledger } from "./device";
