"use client";
/** A hint of an exercise. Each appears when the one before has been opened; without JavaScript all are there, closed. */
import { createContext, useContext, useEffect, useId, useState, type ReactElement } from "react";
import styles from "./cells.module.css";
import type { HintProps } from "./props";

export type Hints = {
  /** The hints of the exercise, in order. */
  ids: readonly string[];
  opened: number;
  register: (id: string) => () => void;
  open: (index: number) => void;
};

export const HintContext = createContext<Hints | undefined>(undefined);

export function Hint({ children }: HintProps): ReactElement {
  const id = useId();
  const hints = useContext(HintContext);
  const [hydrated, setHydrated] = useState(false);
  const register = hints?.register;
  useEffect(() => {
    // eslint-disable-next-line react-hooks/set-state-in-effect -- the server shows all hints, closed
    setHydrated(true);
    return register?.(id);
  }, [register, id]);

  const index = hints?.ids.indexOf(id) ?? 0;
  const ready = !hydrated || !hints || index <= hints.opened;
  return (
    <details
      className={styles.hint}
      hidden={!ready}
      onToggle={(event) => {
        if (event.currentTarget.open) hints?.open(index);
      }}
    >
      <summary>{index < 0 ? "Hint" : `Hint ${index + 1}`}</summary>
      <div className={styles.hintBody}>{children}</div>
    </details>
  );
}
