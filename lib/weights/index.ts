/** Checkpoints: read safetensors in parts, keep them, convert them on their way, lay them out as a typed tree. */
export { openFiles, openFolder, type Folder } from "./folder";
export { download, type DownloadOptions } from "./download";
export { parseJson, show, type JsonLimits } from "./bounded-json";
export { MissingFile } from "./missing-file";
export { parseSafetensors, type Dtype, type StoredTensor } from "./safetensors";
export type { ComputedDtype, WeightFiles } from "./weight-files";
export type { Delta, Shared } from "./delta";
export { loadWeights, type LoadedWeights, type WeightOptions } from "./load-weights";
export { camelCase, WeightsError, type Shapes } from "./weight-tree";
