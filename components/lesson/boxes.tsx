/** Parts of a lesson that stand apart from its text. */
import type { ReactNode } from "react";
import styles from "./boxes.module.css";

type Props = { children: ReactNode };

/** What the reader can do at the end. First in a lesson. */
export function Objectives({ children }: Props) {
  return <Box className={styles.objectives} title="When you are done you can" children={children} />;
}

/** What to keep. Last in a lesson. */
export function Recap({ children }: Props) {
  return <Box className={styles.recap} title="To keep" id="recap" children={children} />;
}

/** Something that helps, but that the text can do without. */
export function Note({ children }: Props) {
  return <Box className={styles.note} title="Note" children={children} />;
}

/** A mistake that many make. */
export function Pitfall({ children }: Props) {
  return <Box className={styles.pitfall} title="Easy to get wrong" children={children} />;
}

function Box({
  className,
  title,
  id,
  children,
}: Props & { className: string | undefined; title: string; id?: string }) {
  return (
    <div className={`${styles.box} ${className}`} id={id} role="group" aria-label={title}>
      <p className={styles.title}>{title}</p>
      {children}
    </div>
  );
}
