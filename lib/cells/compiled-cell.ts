/** A cell after compilation: plain data, so that a build can store it in a page. */
export type CompiledCell = {
  id: string;
  source: string;
  /**
   * One function, as text. It takes the values of `inputs`, in that order, and gives an object of `outputs` (or the
   * value of the expression, or a promise of either). It also needs `__guard` in scope: see guards.ts.
   * Line n of the source is line n + 1 here, so that an error leads back to the reader's own line.
   */
  body: string;
  /** Names that the cell takes from other cells, from the builtins or from JavaScript. */
  inputs: string[];
  /** Names that it gives to other cells. */
  outputs: string[];
  /** One expression that does not display anything itself: its value is the cell's output. */
  autodisplay: boolean;
  /** The line of the source where each input or output is first named, counted from 1. */
  lines: Record<string, number>;
  /** Text that guards added: [line of the source, column, length], both counted from 0 and as in the body. */
  added: [line: number, column: number, length: number][];
};
