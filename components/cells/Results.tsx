"use client";
/** The tests of a check: a sign for the eye, a word for the ear. */
import type { ReactElement } from "react";
import type { ExerciseResult } from "../../lib/exercises";
import styles from "./cells.module.css";

const TICK = "M2 7.5 5.5 11 12 3";
const CROSS = "M3 3 11 11M11 3 3 11";
const words = { pass: "passed", fail: "failed", error: "error" };

/** @param outdated the code has changed since */
export function Results({ result, outdated }: { result: ExerciseResult; outdated: boolean }): ReactElement {
  return (
    <>
      {outdated && <p className={styles.since}>Your code has changed since this check.</p>}
      <ul className={styles.results} aria-label="Results of the check">
        {result.tests.map(({ name, status, message, hint, line }, i) => (
          <li key={i} data-status={status}>
            <svg className={styles.sign} viewBox="0 0 14 14" aria-hidden="true">
              <path d={status === "pass" ? TICK : CROSS} />
            </svg>
            <div>
              <span className={styles.announcer}>{words[status]}: </span>
              <span className={styles.testName}>{name}</span>
              {message && (
                <p>
                  {line !== undefined && <span className={styles.where}>Line {line}</span>}
                  {message}
                </p>
              )}
              {hint && <p className={styles.testHint}>{hint}</p>}
            </div>
          </li>
        ))}
      </ul>
    </>
  );
}
