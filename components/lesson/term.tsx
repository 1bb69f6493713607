import type { ReactNode } from "react";
import styles from "./term.module.css";

export type TermKind = "patch" | "token" | "query" | "key" | "value";

/** A word of the course, in the colour that its kind has in code, equations and figures. */
export function Term({ kind, children }: { kind: TermKind; children: ReactNode }) {
  return <span className={`${styles.term} ${styles[kind]}`}>{children}</span>;
}
