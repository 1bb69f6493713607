/** One download for all cells that wait for it. */

/** What a cell that waits hears, and is asked. */
export type Waiting = {
  signal: AbortSignal;
  onProgress: (loaded: number, total: number) => void;
  /** Whether these bytes may be downloaded; `withdrawn` aborts when another cell has been told. */
  confirm: (bytes: number, withdrawn: AbortSignal) => Promise<boolean>;
};

export type SharedLoad<Value> = {
  loaded: Promise<Value>;
  join(cell: Waiting): Promise<Value>;
};

type Start<Value> = (options: {
  signal: AbortSignal;
  onProgress: (loaded: number, total: number) => void;
  confirmSize: (bytes: number) => Promise<boolean>;
}) => Promise<Value>;

/** The download is given up only when every cell that waits has been; a yes of one is a yes for all. */
export function shareLoad<Value>(start: Start<Value>): SharedLoad<Value> {
  const controller = new AbortController();
  const cells = new Set<Waiting>();
  let last: { loaded: number; total: number } | undefined;
  let question: { bytes: number; yes: () => void; withdrawn: AbortController } | undefined;
  let settled = false;

  const ask = ({ confirm }: Waiting) => {
    if (!question) return;
    const { bytes, yes, withdrawn } = question;
    confirm(bytes, withdrawn.signal).then(
      (answer) => answer && yes(),
      () => {}, // the cell has gone
    );
  };
  const confirmSize = (bytes: number) =>
    new Promise<boolean>((resolve, reject) => {
      const withdrawn = new AbortController();
      const yes = () => {
        question = undefined;
        withdrawn.abort();
        resolve(true);
      };
      question = { bytes, yes, withdrawn };
      controller.signal.addEventListener("abort", () => reject(controller.signal.reason as Error), { once: true });
      cells.forEach(ask);
    });
  const loaded = start({
    signal: controller.signal,
    confirmSize,
    onProgress(loaded, total) {
      last = { loaded, total };
      for (const { onProgress } of cells) onProgress(loaded, total);
    },
  }).finally(() => (settled = true));

  return {
    loaded,
    async join(cell) {
      const { signal } = cell;
      signal.throwIfAborted();
      cells.add(cell);
      if (last && !settled) cell.onProgress(last.loaded, last.total);
      let leave!: () => void;
      const left = new Promise<never>((_, reject) => {
        leave = () => reject(signal.reason as Error);
        signal.addEventListener("abort", leave, { once: true });
      });
      ask(cell);
      try {
        return await Promise.race([loaded, left]);
      } finally {
        signal.removeEventListener("abort", leave);
        cells.delete(cell);
        // A cell that runs anew aborts and asks again at once: give it the time to.
        if (cells.size === 0 && !settled)
          setTimeout(() => cells.size === 0 && !settled && controller.abort(signal.reason), 50);
      }
    },
  };
}
