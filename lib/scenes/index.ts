export { things, type Thing, type ThingKind } from "./things";
export { heldOutStyle, styleNamed, styles, trainingStyles, type Style, type StyleName } from "./styles";
export { atlasHashes } from "./atlas-hash";
export { SPRITE_CONTENT, SPRITE_SIZE } from "./sprite-size";
export { colourName, describeScene } from "./describe";
export { picturePrint, scenePrint } from "./print";
export { loadAtlas, type Atlas } from "./atlas";
export { hash32, random, shuffled, type Random } from "./random";
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
export { mixedScene, recipes, type MixedOptions, type Recipe } from "./mixed-scene";
export { isHeldOutText, signTexts } from "./sign-text";
export { companionsOf, popularThings, settings } from "./settings";
export { limits, named, sceneFacts, type Facts, type Seen } from "./facts";
export { direction, directionWords, isLarger, nextTo, opposite, relationMargins, type Direction } from "./relations";
export { groundColourOf, groundColours, groundMargins } from "./ground-colour";
export { questionsOf, type QuestionOptions } from "./questions";
export {
  hardNegatives,
  questionKinds,
  type HardNegative,
  type Question,
  type QuestionKind,
} from "./questions/question";
export { captionOf, captionPhrasings, captionPlan, captionText, type CaptionPlan } from "./captions";
export { sizePhrasings } from "./questions/size";
export { wherePhrasings } from "./questions/where";
export { noises, noisyCaption, type Noise, type NoisyCaption, type NoisyOptions } from "./noisy-captions";
export { sceneWords, wordsOf } from "./vocabulary";
export {
  anyOf,
  counted,
  fill,
  indefinite,
  isCounted,
  isOrAre,
  isPlural,
  listed,
  numberWord,
  pluralOf,
} from "./grammar";
