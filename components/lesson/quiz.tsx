/** A question with choices, each with its reason. Native <details>: it needs no script, and can be read without one. */
import { Children, type ReactNode } from "react";
import styles from "./quiz.module.css";

export function Quiz({ id, children }: { id: string; children: ReactNode }) {
  return (
    <div className={styles.quiz} id={id} role="group" aria-label="Question">
      <p className={styles.title}>Predict, then open a choice</p>
      {children}
    </div>
  );
}

/** Its first child is the choice, the rest says why. */
export function QuizChoice({ right, children }: { right?: boolean; children: ReactNode }) {
  const [label, ...why] = Children.toArray(children).filter((child) => typeof child !== "string" || child.trim());
  return (
    <details className={styles.choice} data-right={right ? "" : undefined}>
      <summary>{label}</summary>
      <div className={styles.why}>
        <b>{right ? "Right." : "Not this one."}</b>
        {why}
      </div>
    </details>
  );
}

export function QuizLabel({ children }: { children: ReactNode }) {
  return <span>{children}</span>;
}
