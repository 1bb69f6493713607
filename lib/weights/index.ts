/** Checkpoints: download and keep a file, parse safetensors, convert to f32, lay out as a typed tree. */
export { openFolder, type Folder } from "./folder";
export { download, type DownloadOptions } from "./download";
export { parseSafetensors, safetensorsLength, type Dtype, type StoredTensor } from "./safetensors";
export type { ComputedDtype, WeightFiles } from "./weight-files";
export { toFloat32 } from "./convert";
export {
  camelCase,
  loadWeights,
  WeightsError,
  type LoadedWeights,
  type Shapes,
  type WeightOptions,
} from "./weight-tree";
