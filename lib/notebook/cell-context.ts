/** What one run of one cell has for itself: its signal, its output, its progress. */
import type { Progress, Question } from "./status";

export type CellContext = {
  id: string;
  /** Aborts when the cell is interrupted, edited, or computed anew because an input changed. */
  signal: AbortSignal;
  /** Adds to the cell's output, and returns what it was given. @throws when a later run has taken over the output. */
  display: <Value>(value: Value) => Value;
  /** Displays an input element; the result, given to a `const`, is its value over time. */
  view: (element: Element) => AsyncGenerator<unknown, undefined>;
  /** Says how far a download is; nothing says that it has ended. */
  progress: (progress?: Progress) => void;
  /**
   * Asks the reader before a big download; a no interrupts the cell. Once `withdrawn` aborts, nobody waits for an answer.
   */
  confirm: (question: Omit<Question, "answer">, withdrawn?: AbortSignal) => Promise<boolean>;
  /** Tells the reader something about this run, beside its output. */
  note: (text: string) => void;
};

/** A builtin that is made anew for every run of every cell. */
export class PerCell<Value = unknown> {
  constructor(readonly make: (context: CellContext) => Value) {}
}

/** The same where it takes time: the cell's code begins once it is there. */
export class PerCellLater<Value = unknown> extends PerCell<Promise<Value>> {}

export const perCell = <Value>(make: (context: CellContext) => Value) => new PerCell(make);
export const perCellLater = <Value>(make: (context: CellContext) => Promise<Value>) => new PerCellLater(make);

/** A builtin as the Observable runtime takes it: a function that gives the value, a promise of it, or a generator. */
export type BuiltinDefinition = () => unknown;
export type LazyBuiltins = Record<string, BuiltinDefinition>;
