/**
 * Drawings from tensors, as plain DOM: what a lesson's cell calls `figures`.
 * Each returns an element that holds its text equivalent, computed from the same numbers.
 */
export { attention, type AttentionOptions, type PatchTruth } from "./attention";
export { bars, type Share } from "./bars";
export { cacheMemory, type CacheMemoryOptions, type CacheShape } from "./cache-memory";
export { curve, type Series } from "./curve";
export { evaluation, type Evaluation, type EvaluationOptions } from "./evaluation";
export { featureMap, type FeatureMapOptions, type VectorMap } from "./feature-map";
export { gallery, type GalleryItem } from "./gallery";
export { headGrid, type HeadGridOptions } from "./head-grid";
export { heatmap } from "./heatmap";
export { lookedAt, type LookedAt, type LookedAtOptions } from "./looked-at";
export type { Matrix } from "./matrix";
export { modelDiagram, type DiagramOptions } from "./model-diagram";
export { norms, type Place } from "./norms";
export { numbers, type Channel } from "./numbers";
export type { Picture } from "../ui/paint";
export { overlays, type OverlaysOptions, type WeightedCard } from "./overlays";
export { patches, type PatchPicker } from "./patches";
export { picture, type PixelValues } from "./picture";
export { profile } from "./profile";
export { ropeFrequencies, type Rotation } from "./rope-frequencies";
export { similarity } from "./similarity";
export { tokenStream, type StreamedToken, type TokenStream } from "./token-stream";
export { tokens } from "./tokens";
export { topClasses, type Prediction } from "./top-classes";
export { tradeOff, type Scored, type TradeOffOptions } from "./trade-off";
export { training, type TrainingLog, type TrainingOptions } from "./training";
export { weights, type WeightsOptions } from "./weights";
