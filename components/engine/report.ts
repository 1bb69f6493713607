/** All that somebody needs who looks for the mistake, as Markdown for an issue. */
import type { SelfTestCase, SelfTestResult } from "../../lib/tensor";
import type { EngineState } from "./engine-state";
import { inDifference, inTime } from "./numbers";
import { isWrong, summary } from "./verdict";

/** @param browser what the browser calls itself */
export function reportOf(state: EngineState, cases: readonly SelfTestCase[], browser: string): string {
  const { adapter } = state;
  const facts: [string, string][] = [["Browser", browser]];
  if (adapter.state === "none") facts.push(["WebGPU", `none: ${adapter.because}`]);
  if (adapter.state === "found") {
    const { vendor, architecture, device, description, software, features } = adapter.report;
    facts.push(
      ["Adapter", [vendor, architecture, device, description].map((part) => part || "(not told)").join(", ")],
      ["Kind", software ? "software" : "hardware"],
      ["Features", features.join(", ") || "none"],
    );
  }
  if (state.executor) facts.push(["Computed by", state.executor]);
  if (state.clock && state.executor === "webgpu") facts.push(["Clock", clockWords[state.clock]]);
  facts.push(["Result", summary(state, cases)]);
  if (state.note) facts.push(["Note", state.note]);

  return [
    "### Engine report",
    "",
    table(["", ""], facts),
    ...(state.results.length > 0 ? ["", resultsTable(state.results)] : []),
    ...(adapter.state === "found" ? ["", limitsOf(adapter.report.limits)] : []),
    "",
  ].join("\n");
}

export const clockWords = {
  gpu: "the GPU’s own (timestamp-query), median of 5 rows of launches",
  page: "the page’s, from the launch to the numbers read back, median of 5",
};

function resultsTable(results: readonly SelfTestResult[]): string {
  const rows = [...results.filter(isWrong), ...results.filter((result) => !isWrong(result))];
  return table(
    ["kernel", "result", "GPU", "loops", "difference", "allowed"],
    rows.map(({ name, outcome, times, error, tolerance, message }) => [
      name,
      message ? `${outcome}: ${message}` : outcome,
      times?.device === undefined ? "" : inTime(times.device),
      times ? inTime(times.loops) : "",
      error === undefined ? "" : inDifference(error),
      inDifference(tolerance),
    ]),
  );
}

function limitsOf(limits: Record<string, number>): string {
  const lines = Object.entries(limits).map(([name, value]) => `${name}: ${value}`);
  return ["<details><summary>Limits</summary>", "", "```", ...lines, "```", "", "</details>"].join("\n");
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replace(/\s+/g, " ").replaceAll("|", "\\|")).join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}
