/**
 * From a compiled lesson to a React element, on the server. Interactive components come in through `components`, never
 * through imports of the MDX: so the prose is static HTML, and only cells are sent to the browser.
 */
import * as React from "react";
import * as jsxRuntime from "react/jsx-runtime";
import type { CompiledLesson } from "./compile-lesson";

export type LessonComponents = Record<string, React.ComponentType<never>>;

export function renderLesson({ program, file }: CompiledLesson, components: LessonComponents): React.ReactElement {
  // mdx-bundler's own evaluator breaks on components with hooks; this is all that it does besides.
  // eslint-disable-next-line @typescript-eslint/no-implied-eval -- the course's own text, at build
  const evaluate = new Function("React", "ReactDOM", "_jsx_runtime", `${program}\n//# sourceURL=${file}`) as (
    react: typeof React,
    dom: object,
    jsx: typeof jsxRuntime,
  ) => { default: React.ComponentType<{ components: LessonComponents }> };
  return React.createElement(evaluate(React, {}, jsxRuntime).default, { components });
}
