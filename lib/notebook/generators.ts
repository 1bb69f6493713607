/** Values over time. */

/** A generator of what `initialize` notifies; a value that nobody has read yet gives way to the next. */
export function observe<Value>(
  initialize: (notify: (value: Value) => void) => (() => void) | void,
): AsyncGenerator<Value, undefined> {
  let waiting: { resolve(value: Value): void; reject(reason: Error): void } | undefined;
  let unread: { value: Value } | undefined;
  const dispose = initialize((value) => {
    if (waiting) waiting.resolve(value);
    else unread = { value };
    waiting = undefined;
  });

  const end = (reason: Error) => {
    waiting?.reject(reason);
    waiting = undefined;
    dispose?.();
    return Promise.resolve({ done: true as const, value: undefined });
  };
  return {
    async next() {
      if (unread) {
        const { value } = unread;
        unread = undefined;
        return { done: false, value };
      }
      return { done: false, value: await new Promise<Value>((resolve, reject) => (waiting = { resolve, reject })) };
    },
    return: () => end(new Error("Generator returned")),
    throw: (reason: unknown) => end(reason instanceof Error ? reason : new Error(String(reason))),
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}

/** The values of an input element: the one that it has, if any, and each one that the reader gives it. */
export function input(element: Element): AsyncGenerator<unknown, undefined> {
  return observe((notify) => {
    const event = eventOf(element);
    const read = () => notify(valueOf(element));
    element.addEventListener(event, read);
    if (valueOf(element) !== undefined) read();
    return () => element.removeEventListener(event, read);
  });
}

function eventOf(element: Element): string {
  const { type } = element as HTMLInputElement;
  if (type === "button" || type === "submit") return "click";
  return type === "checkbox" || type === "file" ? "change" : "input";
}

function valueOf(element: Element): unknown {
  const control = element as HTMLInputElement;
  switch (control.type) {
    case "range":
    case "number":
      return control.valueAsNumber;
    case "date":
      return control.valueAsDate;
    case "checkbox":
      return control.checked;
    case "file":
      return control.multiple ? control.files : control.files?.[0];
    case "select-multiple":
      return Array.from((element as unknown as HTMLSelectElement).selectedOptions, (option) => option.value);
    default:
      return control.value;
  }
}
