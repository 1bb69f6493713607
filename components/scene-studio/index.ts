/** The page /studio, and its small version: a scene, a question, and the models that answer it. */
export type { StudioModel } from "./choice";
export { SceneStudio } from "./SceneStudio";
export { SmallStudio } from "./SmallStudio";
