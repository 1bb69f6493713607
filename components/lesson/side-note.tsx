/** Notes in the margin, on a wide page; below their paragraph, on a narrow one. Numbers come from lib/course. */
import type { ReactNode } from "react";
import styles from "./side-note.module.css";

export function SideNote({ number, children }: { number: string; children: ReactNode }) {
  return (
    <aside className={styles.note} id={`note-${number}`} aria-label={`Side note ${number}`}>
      <span className={styles.number} aria-hidden="true">
        {number}
      </span>
      <div>{children}</div>
    </aside>
  );
}

/** The mark in the paragraph that the note belongs to. */
export function SideNoteMark({ number }: { number: string }) {
  return (
    <sup className={styles.mark}>
      <a href={`#note-${number}`} aria-label={`Side note ${number}`}>
        {number}
      </a>
    </sup>
  );
}

/** A note and its paragraph. */
export function Beside({ children }: { children: ReactNode }) {
  return <div className={styles.beside}>{children}</div>;
}
