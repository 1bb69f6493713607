/** What the results so far say, kernel by kernel and in a sentence. */
import type { SelfTestCase, SelfTestResult } from "../../lib/tensor";
import type { EngineState } from "./engine-state";

export type Verdict = {
  /** Kernels of which all cases that ran agree, or ran where there is nothing to agree with. */
  right: string[];
  wrong: string[];
  /** What the device lacks. */
  leftOut: string[];
};

export function isWrong({ outcome }: Pick<SelfTestResult, "outcome">): boolean {
  return outcome === "differs" || outcome === "failed";
}

export function verdictOf(results: readonly SelfTestResult[]): Verdict {
  const verdict: Verdict = { right: [], wrong: [], leftOut: [] };
  for (const kernel of new Set(results.map((result) => result.kernel))) {
    const cases = results.filter((result) => result.kernel === kernel);
    if (cases.some(isWrong)) verdict.wrong.push(kernel);
    else if (cases.every(({ outcome }) => outcome === "left out")) verdict.leftOut.push(kernel);
    else verdict.right.push(kernel);
  }
  return verdict;
}

/** The state of the test in a sentence or two. */
export function summary({ test, results, executor, note }: EngineState, cases: readonly SelfTestCase[]): string {
  const { right, wrong, leftOut } = verdictOf(results);
  const kernels = new Set(cases.map(({ kernel }) => kernel)).size;
  const so = `${right.length} of ${right.length + wrong.length} kernels ${executor === "reference" ? "ran in plain loops" : "agree"}`;
  const without = leftOut.length > 0 ? ` ${leftOut.length} more need shader-f16, which this device lacks.` : "";
  const done = `${results.length} of ${cases.length} tests`;
  switch (test) {
    case "ready":
      return `${kernels} kernels in ${cases.length} tests. All of it takes some seconds.`;
    case "opening":
      return "Opening the GPU.";
    case "running":
      return `${done} done${wrong.length > 0 ? `, ${count(wrong.length, "kernel")} wrong so far` : ""}.`;
    case "stopped":
      return `Stopped after ${done}${results.length > 0 ? `: ${so}` : ""}.`;
    case "done":
      return wrong.length > 0
        ? `${so}; ${listed(wrong)} ${wrong.length === 1 ? "does" : "do"} not.${without}`
        : `${so}.${without}`;
    case "lost":
      return `The GPU was lost after ${done}, during ${cases[results.length]?.name ?? "the last"}. Run the test again; if the same kernel ends it twice, copy the report into an issue. (${note})`;
    case "failed":
      return `The test could not go on: ${note}`;
  }
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? "" : "s"}`;
}

/** "a", "a and b", "a, b and 3 more". */
function listed(names: readonly string[]): string {
  if (names.length <= 3) return names.join(", ").replace(/, ([^,]*)$/, " and $1");
  return `${names.slice(0, 2).join(", ")} and ${names.length - 2} more`;
}
