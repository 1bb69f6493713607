/**
 * Scopes: what a computation made on its way is freed at its end, except for what it returns.
 *
 * Operations return at once, so a scope's body needs no `await`: read numbers after it, not inside.
 */
import type { Executor } from "./executor";

interface Disposable {
  readonly executor: Executor;
  dispose(): void;
}

type OpenScope = { executor: Executor; made: Set<Disposable> };

const open: OpenScope[] = [];

/**
 * Runs the body and frees every tensor that it made on this executor, except those in its result (a tensor, or arrays
 * and plain objects of them) and those that it kept with `keep`. An inner scope's result belongs to the outer one.
 */
export function scope<T>(executor: Executor, body: () => T): T {
  const here: OpenScope = { executor, made: new Set() };
  open.push(here);
  let result: T;
  try {
    result = body();
    if (result instanceof Promise) {
      result.catch(() => undefined); // its tensors are about to be freed, so it may well fail: the error below says why
      throw new TypeError("scope: expected a body without await, got an async function; read numbers after the scope");
    }
    for (const tensor of tensorsIn(result)) {
      if (here.made.delete(tensor)) outerScopeOf(executor)?.made.add(tensor);
    }
  } finally {
    open.splice(open.indexOf(here), 1);
    for (const tensor of here.made) tensor.dispose();
  }
  return result;
}

/** Lets a tensor outlive every scope that is open now; it is then freed by `dispose()` or the garbage collector. */
export function keep<T extends Disposable>(tensor: T): T {
  for (const { made } of open) made.delete(tensor);
  return tensor;
}

/** The set that a new tensor joins, if a scope is open. */
export function openScopeOf(executor: Executor): Set<Disposable> | undefined {
  return open.findLast((scope) => scope.executor === executor)?.made;
}

function outerScopeOf(executor: Executor): OpenScope | undefined {
  return open.slice(0, -1).findLast((scope) => scope.executor === executor);
}

function* tensorsIn(value: unknown, seen = new Set<object>()): Generator<Disposable> {
  if (typeof value !== "object" || value === null || seen.has(value)) return;
  seen.add(value);
  if ("executor" in value && "dispose" in value) {
    yield value as Disposable;
  } else if (Array.isArray(value) || Object.getPrototypeOf(value) === Object.prototype) {
    for (const part of Object.values(value)) yield* tensorsIn(part, seen);
  }
}
