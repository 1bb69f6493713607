import type { ReactNode } from "react";
import styles from "./pill.module.css";

/** A fact in a few words. */
export function Pill({ children }: { children: ReactNode }) {
  return <span className={styles.pill}>{children}</span>;
}
