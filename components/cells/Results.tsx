"use client";
/** The tests of a check, with a word for each sign. */
import type { ReactElement } from "react";
import type { ExerciseResult } from "../../lib/exercises";
import styles from "./cells.module.css";

const signs = { pass: "✓", fail: "✗", error: "✗" };
const words = { pass: "passed", fail: "failed", error: "error" };

export function Results({ result }: { result: ExerciseResult }): ReactElement {
  return (
    <ul className={styles.results} aria-label="Results of the check">
      {result.tests.map(({ name, status, message, hint, line }, i) => (
        <li key={i} data-status={status}>
          <span className={styles.sign} aria-hidden="true">
            {signs[status]}
          </span>
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
  );
}
