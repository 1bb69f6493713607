/** From a picture file to pixel values: inspect, decode, resize, crop, normalise. */
export type { Picture } from "./picture";
export { inspectPicture } from "./inspect";
export type { PictureFormat, PictureInfo } from "./picture-info";
export { decodePicture, MAX_SIDE, type DecodedPicture } from "./decode";
export { resize, type Resample } from "./resize";
export { padToSquare } from "./pad";
export { parseImageProcessorConfig, squareColour, type ImageProcessorConfig, type ImageSize } from "./processor-config";
export { preprocess, processedSize } from "./preprocess";
export {
  fitToTiles,
  parseMllamaProcessor,
  preprocessMllama,
  tileGrids,
  type MllamaPixels,
  type MllamaProcessorConfig,
} from "./mllama";
export {
  expandImages,
  longestEdgeSize,
  parseSmolVLMProcessor,
  preprocessSmolVLM,
  wholeTilesSize,
  type SmolVLMPixels,
  type SmolVLMProcessorConfig,
  type TileGrid,
} from "./smolvlm";
