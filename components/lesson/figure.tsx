import type { ReactNode } from "react";
import styles from "./figure.module.css";

/** A numbered figure. `wide` lets it use the margin. */
export function Figure(props: { id: string; number: string; caption: string; wide?: boolean; children: ReactNode }) {
  return (
    <figure className={styles.figure} id={props.id} data-wide={props.wide ? "" : undefined}>
      {props.children}
      <figcaption>
        <b>Figure {props.number}.</b> {props.caption}
      </figcaption>
    </figure>
  );
}
