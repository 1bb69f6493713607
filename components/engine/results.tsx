/**
 * A row for each test: before it runs, what it allows; then what came. What went wrong comes first. The roles are those
 * of a table anyway; on a phone its style sheet lays rows out as blocks, and browsers would forget them.
 */
import { memo } from "react";
import type { SelfTestCase, SelfTestResult } from "../../lib/tensor";
import styles from "./engine.module.css";
import type { EngineState } from "./engine-state";
import { kernelWords } from "./kernel-words";
import { inDifference, inTime } from "./numbers";
import { clockWords } from "./report";
import { isWrong } from "./verdict";

export function Results({ state, cases }: { state: EngineState; cases: readonly SelfTestCase[] }) {
  const known = new Map(state.results.map((result) => [result.name, result]));
  const rows = cases.map((test) => ({ test, result: known.get(test.name) }));
  const first = rows.filter(({ result }) => result && isWrong(result));
  const rest = rows.filter(({ result }) => !result || !isWrong(result));
  return (
    <table className={styles.results} role="table">
      <caption>
        Times are of one launch on these small inputs, most of which a GPU spends on starting.{" "}
        {state.clock && state.executor === "webgpu" && <>The clock is {clockWords[state.clock]}.</>}
      </caption>
      <thead role="rowgroup">
        <tr role="row">
          <th scope="col" role="columnheader">
            Kernel
          </th>
          <th scope="col" role="columnheader">
            GPU
          </th>
          <th scope="col" role="columnheader">
            Loops
          </th>
          <th scope="col" role="columnheader">
            Difference, of what is allowed
          </th>
          <th scope="col" role="columnheader">
            Result
          </th>
        </tr>
      </thead>
      <tbody role="rowgroup">
        {[...first, ...rest].map(({ test, result }) => (
          <Row key={test.name} test={test} result={result} />
        ))}
      </tbody>
    </table>
  );
}

const Row = memo(function Row({ test, result }: { test: SelfTestCase; result?: SelfTestResult }) {
  const device = result?.times?.device;
  return (
    <tr role="row" data-outcome={result?.outcome ?? "waiting"}>
      <th scope="row" role="rowheader">
        <code>{test.name}</code>
        <small>{kernelWords(test)}</small>
        {result && isWrong(result) && (
          <p className={styles.problem}>{sentence(result.message)} Copy the report for an issue.</p>
        )}
      </th>
      <td role="cell" data-label="GPU">
        {device === undefined ? "–" : inTime(device)}
      </td>
      <td role="cell" data-label="loops">
        {result?.times ? inTime(result.times.loops) : "–"}
      </td>
      <td role="cell">
        <Difference tolerance={test.tolerance} error={result?.error} />
      </td>
      <td role="cell">{outcomeWords(result, test)}</td>
    </tr>
  );
});

/** How much of what is allowed has been used, as a bar and in numbers. */
function Difference({ tolerance, error }: { tolerance: number; error?: number }) {
  const share = error === undefined ? 0 : error === 0 ? 0 : Math.min(1, error / tolerance);
  return (
    <span className={styles.difference}>
      {tolerance > 0 && <i style={{ "--share": share } as React.CSSProperties} aria-hidden="true" />}
      <span>{differenceWords(tolerance, error)}</span>
    </span>
  );
}

function differenceWords(tolerance: number, error?: number): string {
  if (tolerance === 0 && !error) return "none";
  return `${error === undefined ? "" : `${inDifference(error)} of `}${inDifference(tolerance)}`;
}

/** Messages of browsers end as they like. */
function sentence(message = ""): string {
  return `${message.trim().replace(/[\s.]+$/, "")}.`;
}

function outcomeWords(result: SelfTestResult | undefined, { needsF16 }: SelfTestCase): string {
  if (!result) return needsF16 ? "needs shader-f16" : "–";
  switch (result.outcome) {
    case "agrees":
      return result.tolerance === 0 ? "equal" : "agrees";
    case "left out":
      return "left out";
    case "ran":
      return "ran";
    case "differs":
      return "differs";
    case "failed":
      return "failed";
  }
}
