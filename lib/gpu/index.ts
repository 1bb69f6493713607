export { float32Bits, grid, type Kernel, type NumberType, type Reference } from "./kernel";
export { openDevice, type Device, type DeviceOptions, type GpuArray, type Ledger } from "./device";
