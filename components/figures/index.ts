/**
 * Drawings from tensors, as plain DOM: what a lesson's cell calls `figures`.
 * Each returns an element that holds its text equivalent, computed from the same numbers.
 */
export { attention, type AttentionOptions, type PatchTruth } from "./attention";
export { bars, type Share } from "./bars";
export { curve, type Series } from "./curve";
export { gallery, type GalleryItem } from "./gallery";
export { headGrid, type HeadGridOptions } from "./head-grid";
export { heatmap } from "./heatmap";
export type { Matrix } from "./matrix";
export { numbers, type Channel } from "./numbers";
export type { Picture } from "../ui/paint";
export { patches, type PatchPicker } from "./patches";
export { picture, type PixelValues } from "./picture";
export { similarity } from "./similarity";
export { tokens } from "./tokens";
export { topClasses, type Prediction } from "./top-classes";
