"use client";
/** What went wrong in a cell, and where. */
import type { ReactElement } from "react";
import type { Failure } from "../../lib/notebook";
import styles from "./cells.module.css";
import { useLesson } from "./lesson-context";

export function FailureBox({ failure }: { failure: Failure }): ReactElement {
  const { session } = useLesson();
  const { name, message, line, column, cause, kind } = failure;
  if (cause !== undefined) {
    return (
      <p className={styles.upstream}>
        This cell needs <a href={`#cell-${cause}`}>{session.label(cause)}</a>, which has{" "}
        {session.status(cause).state === "interrupted" ? "been interrupted" : "failed"}: repair it there, and this one
        follows.
      </p>
    );
  }
  const where = line === undefined ? "" : column === undefined ? `Line ${line}` : `Line ${line}, column ${column}`;
  return (
    <div className={styles.failure}>
      {where && <span className={styles.where}>{where}</span>}
      <p>
        {kind === "runtime" && name !== "Error" && <b>{name}: </b>}
        {message}
      </p>
    </div>
  );
}
