/** The page /studio, and its small version: a scene, a question, and the models that answer it. */
export { SceneStudio, type StudioModel } from "./SceneStudio";
export { SmallStudio } from "./SmallStudio";
