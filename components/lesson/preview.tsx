"use client";

import { useEffect, useId, useState, type ReactNode } from "react";
import styles from "./cite.module.css";

/** A link that shows what it leads to while it is pointed at or focused. Escape puts the preview away. */
export function Preview({ href, label, children }: { href: string; label: string; children: ReactNode }) {
  const id = useId();
  const [open, setOpen] = useState(false);

  useEffect(() => {
    if (!open) return;
    const onKey = (event: KeyboardEvent) => {
      if (event.key === "Escape") setOpen(false);
    };
    document.addEventListener("keydown", onKey);
    return () => document.removeEventListener("keydown", onKey);
  }, [open]);

  return (
    <span
      className={styles.cite}
      onPointerEnter={() => setOpen(true)}
      onPointerLeave={() => setOpen(false)}
      onFocus={() => setOpen(true)}
      onBlur={() => setOpen(false)}
    >
      (
      <a href={href} aria-describedby={id}>
        {label}
      </a>
      )
      <span role="tooltip" id={id} className={styles.preview} data-open={open ? "" : undefined}>
        <span className={styles.card}>{children}</span>
      </span>
    </span>
  );
}
