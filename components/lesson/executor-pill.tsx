"use client";

import { useId, useSyncExternalStore, type MouseEvent } from "react";
import { pageEngine } from "../../lib/notebook";
import styles from "./executor-pill.module.css";

/** Which processor computes on this page, and why, in a popover. Appears when something needs it. */
export function ExecutorPill() {
  const id = useId();
  const engine = useSyncExternalStore(
    (listener) => pageEngine().subscribe(listener),
    () => pageEngine().status(),
    () => undefined,
  );
  if (!engine?.executor) return null;
  const gpu = engine.executor === "webgpu";
  return (
    <>
      <button type="button" className={styles.pill} popoverTarget={id} data-executor-pill={engine.executor}>
        <span className={styles.dot} data-gpu={gpu ? "" : undefined} aria-hidden="true" />
        {gpu ? "WebGPU" : "CPU"}
        <span className={styles.more}>, this device</span>
      </button>
      <div id={id} popover="auto" className={styles.note} role="dialog" aria-label="What computes this page">
        <p>
          {gpu
            ? "This page computes on this device’s graphics processor, through WebGPU. Nothing that you make leaves the page."
            : "This page computes on this device’s processor, in plain loops: the same results, more slowly. Nothing that you make leaves the page."}
        </p>
        {engine.note && <p>{engine.note}</p>}
        {engine.description && <p className={styles.device}>{engine.description}</p>}
        <p>
          <a href={gpu ? "?executor=reference" : "?"} onClick={keepPlace}>
            {gpu ? "Run this page on the CPU instead" : "Try WebGPU"}
          </a>
        </p>
        <p>
          <a href="/engine/">What this device can do</a>
        </p>
      </div>
    </>
  );
}

/** The same section, or the same scene in the studio. */
function keepPlace(event: MouseEvent<HTMLAnchorElement>): void {
  event.currentTarget.hash = location.hash;
}
