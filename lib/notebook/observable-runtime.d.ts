/** The public interface of @observablehq/runtime 6.0.1, which has no types of its own. */
declare module "@observablehq/runtime" {
  export interface Observer {
    pending?(): void;
    fulfilled?(value: unknown, name?: string): void;
    rejected?(error: unknown, name?: string): void;
  }
  export interface Variable {
    define(name: string | null, inputs: readonly string[], definition: unknown): this;
    import(name: string, alias: string, from: Module): this;
    delete(): this;
    dispose(): void;
  }
  export interface Module {
    variable(observer?: Observer | boolean): Variable;
    define(name: string | null, inputs: readonly string[], definition: unknown): Variable;
    redefine(name: string, inputs: readonly string[], definition: unknown): Variable;
    import(name: string, alias: string, from: Module): Variable;
    value(name: string): Promise<unknown>;
  }
  export class Runtime {
    constructor(builtins?: Record<string, unknown>, global?: (name: string) => unknown);
    module(): Module;
    dispose(): void;
  }
  export class RuntimeError extends Error {
    constructor(message: string, input?: string | null);
    input?: string | null;
  }
}
