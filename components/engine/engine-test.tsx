"use client";

/** What this browser's GPU is, and a test of every kernel on it. Complete without a script, apart from what only a browser knows. */
import { useEffect, useState, useSyncExternalStore } from "react";
import type { SelfTestCase } from "../../lib/tensor";
import { Adapter } from "./adapter";
import styles from "./engine.module.css";
import { createEngineStore, unknownEngine, type EngineState } from "./engine-state";
import { Report } from "./report-button";
import { Results } from "./results";
import { summary, verdictOf } from "./verdict";

export function EngineTest({ cases }: { cases: readonly SelfTestCase[] }) {
  const [store] = useState(() => createEngineStore({ prefer: preferred() }));
  const state = useSyncExternalStore(store.subscribe, store.current, () => unknownEngine);
  useEffect(() => void store.look(), [store]);

  const busy = state.test === "opening" || state.test === "running";
  const wrong = verdictOf(state.results).wrong.length > 0;
  return (
    <div data-engine={state.adapter.state} data-engine-test={state.test}>
      <section className={styles.section} aria-labelledby="machine">
        <h2 id="machine">This machine</h2>
        <Adapter adapter={state.adapter} />
      </section>

      <section className={styles.section} aria-labelledby="test">
        <h2 id="test">Every kernel, here and now</h2>
        <p className={styles.intro}>
          Each runs on your GPU with small seeded inputs, and once more in plain loops in JavaScript, in double
          precision. The two must agree, up to the roundings that WebGPU allows.
        </p>
        <div className={styles.card} data-tone={toneOf(state, wrong)}>
          <div className={styles.bar}>
            <span className={styles.dot} aria-hidden="true" />
            <p className={styles.summary}>{summary(state, cases)}</p>
            <div className={styles.buttons}>
              <button type="button" className={busy ? styles.button : styles.go} onClick={busy ? store.stop : start}>
                {busy ? "Stop" : state.test === "ready" ? "Test every kernel" : "Test again"}
              </button>
              <Report state={state} cases={cases} />
            </div>
          </div>
          <p className={styles.announcer} role="status">
            {busy ? "The test runs." : state.test === "ready" ? "" : summary(state, cases)}
          </p>
          <progress
            className={styles.progress}
            aria-label="Tests done"
            value={state.results.length}
            max={cases.length}
            hidden={!busy}
          />
          {wrong && !busy && <Advice />}
          {state.executor === "reference" && state.note && <p className={styles.advice}>{state.note}</p>}
          <Results state={state} cases={cases} />
        </div>
      </section>
    </div>
  );

  function start() {
    void store.start();
  }
}

function Advice() {
  return (
    <p className={styles.advice}>
      A kernel that computes something else makes every model that uses it wrong on this machine. Often the driver is at
      fault: update the browser and the driver, and test again. If it stays, copy the report and open an issue with it.
      Until then, <code>?executor=reference</code> at the end of a lesson’s address computes everything in plain loops,
      correctly and more slowly.
    </p>
  );
}

/** A page that was opened with `?executor=reference` leaves the GPU alone, as lessons do. */
function preferred(): "reference" | undefined {
  if (typeof location === "undefined") return undefined;
  return new URLSearchParams(location.search).get("executor") === "reference" ? "reference" : undefined;
}

function toneOf({ test, executor }: EngineState, wrong: boolean): "calm" | "busy" | "good" | "bad" {
  if (wrong || test === "lost" || test === "failed") return "bad";
  if (test === "opening" || test === "running") return "busy";
  return test === "done" && executor === "webgpu" ? "good" : "calm";
}
