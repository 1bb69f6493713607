/** The scene studio: what a lesson's cell calls `studio`. */
export { composer, type Composed, type Composer, type ComposerOptions, type SceneSource } from "./composer";
