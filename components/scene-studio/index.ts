/** The page /studio: a scene, a question, and the models that answer it. */
export { SceneStudio, type StudioModel } from "./SceneStudio";
