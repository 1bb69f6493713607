/**
 * `transformers` in a cell: Transformers.js, set up so that nothing comes from a CDN. It computes with ONNX Runtime, a
 * WebAssembly file of this site that is downloaded once, when a reader agrees. `onnxruntime-web` is what the lock file
 * holds for Transformers.js, in the variant that next.config.mjs chooses: on the CPU, half as large as with WebGPU.
 */
import type * as Transformers from "@xenova/transformers";
import type { CellContext } from "./cell-context";
import { shareLoad, type SharedLoad } from "./shared-load";

const RUNTIME = new URL("onnxruntime-web/ort-wasm-simd-threaded.wasm", import.meta.url); // the bundler makes a file of it
const ABOUT = 14e6; // bytes, where a server does not tell
const what = "ONNX Runtime, which Transformers.js computes with";

let runtime: SharedLoad<typeof Transformers> | undefined;

/** The library, ready to load models. @throws an AbortError when the reader declines the download */
export async function transformersBuiltin(context: CellContext, modelsUrl: string): Promise<typeof Transformers> {
  if (!runtime) {
    const started = (runtime = shareLoad(async (options) => {
      const { download } = await import("../weights");
      const confirmSize = (bytes: number) => options.confirmSize(bytes || ABOUT);
      const binary = await download(RUNTIME.href, { ...options, confirmSize });
      return setUp(await import("@xenova/transformers"), binary, modelsUrl);
    }));
    started.loaded.catch(() => (runtime = undefined)); // the next cell may try again
  }
  return runtime
    .join({
      signal: context.signal,
      onProgress: (loaded, total) => context.progress({ what, loaded, total }),
      confirm: (bytes, withdrawn) => context.confirm({ what, bytes }, withdrawn),
    })
    .finally(() => context.progress());
}

function setUp(library: typeof Transformers, binary: Uint8Array, modelsUrl: string): typeof Transformers {
  const { env } = library;
  env.allowLocalModels = true; // a model of this site by its id; what is not here is looked for on the Hub
  env.localModelPath = `${modelsUrl.replace(/\/$/, "")}/`;
  env.useCustomCache = env.useBrowserCache; // where there is a Cache API
  env.customCache = { match: kept, put: keep };

  const { wasm } = env.backends.onnx;
  if (!wasm) throw new Error("transformers: expected ONNX Runtime for WebAssembly, found none in this build");
  wasm.wasmPaths = undefined; // those of a CDN, unless told otherwise
  wasm.wasmBinary = binary;
  wasm.numThreads = 1; // more need a page that is isolated from other origins, which a static host cannot promise
  return library;

  // What comes from elsewhere is kept, as Transformers.js does. A file of this site may change: HTTP looks after it.
  async function kept(url: string): Promise<Response | undefined> {
    if (!isElsewhere(url)) return undefined;
    return (await openCache())?.match(url);
  }
  async function keep(url: string, response: Response): Promise<void> {
    if (isElsewhere(url)) await (await openCache())?.put(url, response);
  }
  function openCache(): Promise<Cache | undefined> {
    return caches.open(env.cacheKey).catch(() => undefined); // a browser may forbid it
  }
}

function isElsewhere(url: string): boolean {
  return new URL(url, location.href).origin !== location.origin;
}
