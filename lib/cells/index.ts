/**
 * From a cell's text to something that can run. Pure; server and browser. It brings a parser with it: in a browser,
 * import this folder dynamically, at the first edit.
 */
export type { CompiledCell } from "./compiled-cell";
export { compileCell } from "./compile";
export { checkCells, duplicateNames, type CellProblem } from "./check-cells";
export { CellSyntaxError } from "./syntax-error";
