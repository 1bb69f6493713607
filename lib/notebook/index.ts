/** Running cells: the Observable runtime, builtins, interrupts, states. Heavy parts are loaded when first used. */
export { createNotebook, type Notebook, type NotebookOptions } from "./notebook";
export type { CellState, CellStatus, Failure, Progress, Question } from "./status";
export { perCell, type BuiltinDefinition, type CellContext, type LazyBuiltins } from "./cell-context";
export {
  builtinNames,
  builtins,
  builtinValue,
  checkNames,
  createBuiltins,
  type BuiltinEntry,
  type Page,
} from "./builtins";
export { createEngine, pageEngine, type Engine, type EngineOptions, type EngineStatus } from "./engine";
export { describeFailure } from "./failure";
export { evaluate, locate, type Place } from "./evaluate";
export { inspect } from "./inspect";
export { createGuard, EndlessLoopError } from "./guard";
export { gradeExercise, type GradeOptions } from "./grade";
export type { ModelsBuiltin } from "./models-builtin";
export type { PictureAttention } from "./picture-attention";
export type { GenerationBuiltins } from "./generation-builtin";
export { measured } from "./measured";
export type { ScenesBuiltin } from "./scenes-builtin";
