export { things, type Thing, type ThingKind } from "./things";
export { heldOutStyle, styleNamed, styles, trainingStyles, type Style, type StyleName } from "./styles";
export { atlasHashes } from "./atlas-hash";
export { SPRITE_CONTENT, SPRITE_SIZE } from "./sprite-size";
export { colourName, describeScene } from "./describe";
export { picturePrint, scenePrint } from "./print";
export { loadAtlas, type Atlas } from "./atlas";
export { hash32, random, type Random } from "./random";
export {
  classOf,
  SCENE_SIZE,
  shapeColours,
  shapeNames,
  type Appearance,
  type ColourName,
  type Ground,
  type Item,
  type Picture,
  type Rgb,
  type Scene,
  type ShapeItem,
  type ShapeName,
  type SignItem,
  type ThingItem,
} from "./scene";
export { isHeldOutPair, randomScene, splits, type SceneOptions, type Split } from "./random-scene";
export { drawScene, drawWithTruth, sceneTruth, type Box, type SceneTruth } from "./render";
