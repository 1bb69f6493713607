/** What a lesson page gives to its live parts. Everything here is plain data, made at build time. */
import type { ReactNode } from "react";
import type { CompiledCell } from "../../lib/cells";
import type { LazyBuiltins } from "../../lib/notebook";

export type LessonNotebookProps = {
  /** Where the reader's edits are kept on this device: one lesson, one key, such as "vision-transformers/patches". */
  lesson: string;
  /** Builtins that lib/ cannot bring, such as `figures` and `studio`: loaded when the first cell asks. */
  builtins?: LazyBuiltins;
  /** Where the models of this site lie ["/models"]. */
  modelsUrl?: string;
  /** Where the sprite atlas lies ["/sprites"]. */
  spritesUrl?: string;
  children: ReactNode;
};

export type CellProps = {
  id: string;
  source: string;
  compiled: CompiledCell;
  /** The code as shiki drew it: one `<pre>`, its lines in `<span class="line">`. */
  codeHtml: string;
  /** Where the cell starts in its lesson file, counted from 1. */
  line: number;
  label?: string;
  /** Shows the output only; a button shows the code. */
  hide?: boolean;
  /** Height to keep free for the output, in pixels, so that the page does not jump. */
  height?: number;
  /** "manual": runs only when the reader asks. */
  run?: "manual";
  /** The output of a run at build time, shown until the cell is live. */
  output?: { html: string; text: string };
};

export type ExerciseProps = {
  id: string;
  title: string;
  starter: string;
  solution: string;
  /** Sources, compiled: the starter with the id `exercise-<id>`, the check with the id `exercise-<id>-check`. */
  compiledStarter: CompiledCell;
  check: CompiledCell;
  starterHtml: string;
  solutionHtml: string;
  line?: number;
  /** The prose, and `<Hint>`s anywhere in it: they appear one at a time, below. */
  children?: ReactNode;
};

export type HintProps = { children: ReactNode };
