"use client";

import { useRef, useState, useSyncExternalStore } from "react";
import {
  entries,
  eraseEntries,
  exportEntries,
  importEntries,
  storageChanges,
  subscribeStorage,
} from "../ui/device-storage";
import { done, type LessonParts } from "./lesson-progress";
import styles from "./progress-panel.module.css";

/** What was read and solved on this device, in a sentence; and ways to take it elsewhere or to erase it. */
export function ProgressPanel({ lessons }: { lessons: readonly LessonParts[] }) {
  const changes = useSyncExternalStore(subscribeStorage, storageChanges, () => -1);
  const [said, setSaid] = useState("");
  const question = useRef<HTMLDialogElement>(null);
  const file = useRef<HTMLInputElement>(null);
  if (changes < 0) return null;
  const empty = entries().size === 0;

  const save = () => {
    download(exportEntries(new Date()), `patchwork-progress-${new Date().toISOString().slice(0, 10)}.json`);
    setSaid("Saved to a file.");
  };
  const take = async () => {
    const [chosen] = file.current?.files ?? [];
    if (!chosen) return;
    try {
      const count = importEntries(await chosen.text());
      setSaid(`Taken over: ${count} ${count === 1 ? "entry" : "entries"}.`);
    } catch (error) {
      setSaid(`${chosen.name}: ${(error as Error).message}`);
    }
    file.current!.value = ""; // the same file may be chosen again
  };
  const erase = () => {
    eraseEntries();
    question.current?.close();
    setSaid("Erased. This device keeps nothing of yours any more.");
  };

  return (
    <section className={styles.panel} aria-label="Your progress">
      <p>{summary(lessons)}</p>
      <div className={styles.buttons}>
        <button type="button" onClick={save} disabled={empty}>
          Save to a file
        </button>
        <button type="button" onClick={() => file.current?.click()}>
          Take from a file
        </button>
        <button type="button" onClick={() => question.current?.showModal()} disabled={empty}>
          Erase
        </button>
        <input ref={file} type="file" accept=".json,application/json" hidden onChange={() => void take()} />
      </div>
      <p role="status" className={styles.said}>
        {said}
      </p>
      <dialog ref={question} className={styles.question} aria-labelledby="erase-progress">
        <h2 id="erase-progress">Erase your progress?</h2>
        <p>
          Your edits of cells and exercises, what you solved and what you read are on this device only. Erased, they are
          gone, unless you saved them to a file.
        </p>
        <div className={styles.buttons}>
          <button type="button" onClick={() => question.current?.close()}>
            Keep everything
          </button>
          <button type="button" className={styles.bad} onClick={erase}>
            Erase
          </button>
        </div>
      </dialog>
    </section>
  );
}

function summary(lessons: readonly LessonParts[]): string {
  const all = lessons.map(done);
  const read = all.filter((lesson) => lesson.read).length;
  const solved = all.reduce((sum, lesson) => sum + lesson.solved, 0);
  const exercises = lessons.reduce((sum, lesson) => sum + lesson.exercises.length, 0);
  if (read === 0 && solved === 0)
    return "What you read, solve and change is kept on this device, without an account. Nothing yet.";
  return (
    `On this device: ${read} of ${counted(lessons.length, "lesson")} read, ` +
    `${solved} of ${counted(exercises, "exercise")} solved. No account; nothing leaves it. ` +
    "A file holds your code too, and that runs when its lesson opens: take over only files of your own."
  );
}

const counted = (n: number, word: string) => `${n} ${word}${n === 1 ? "" : "s"}`;

function download(text: string, name: string): void {
  const address = URL.createObjectURL(new Blob([text], { type: "application/json" }));
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 1000);
}
