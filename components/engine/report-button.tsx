/** Copies the report. Where the browser refuses its clipboard, the report appears, to be copied by hand. */
import { useEffect, useRef, useState } from "react";
import type { SelfTestCase } from "../../lib/tensor";
import styles from "./engine.module.css";
import type { EngineState } from "./engine-state";
import { reportOf } from "./report";

export function Report({ state, cases }: { state: EngineState; cases: readonly SelfTestCase[] }) {
  const [copied, setCopied] = useState(false);
  const [shown, setShown] = useState<string>();
  const area = useRef<HTMLTextAreaElement>(null);

  useEffect(() => area.current?.select(), [shown]);
  useEffect(() => {
    if (!copied) return;
    const timer = setTimeout(() => setCopied(false), 4000);
    return () => clearTimeout(timer);
  }, [copied]);

  async function copy() {
    const report = reportOf(state, cases, navigator.userAgent);
    try {
      await navigator.clipboard.writeText(report);
      setCopied(true);
      setShown(undefined);
    } catch {
      setShown(report);
    }
  }

  return (
    <>
      <button type="button" className={styles.button} onClick={() => void copy()}>
        {copied ? "Copied" : "Copy the report"}
      </button>
      <span className={styles.announcer} role="status">
        {copied ? "The report is in the clipboard." : ""}
      </span>
      {shown !== undefined && (
        <label className={styles.byHand}>
          The browser keeps its clipboard closed. Copy the report from here:
          <textarea ref={area} readOnly rows={10} value={shown} />
        </label>
      )}
    </>
  );
}
