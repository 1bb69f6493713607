/**
 * Names that JavaScript or a browser gives to every cell, beyond those that notebook-kit never reports as inputs.
 * Written down, because a build runs in Node, whose own globals are others.
 */
const globals = new Set(
  `
  AggregateError Atomics BigInt64Array BigUint64Array FinalizationRegistry Float16Array Iterator SharedArrayBuffer WeakRef
  globalThis self location history screen queueMicrotask structuredClone reportError
  AbortController AbortSignal BroadcastChannel CompressionStream DecompressionStream DOMException DOMParser DOMRect
  Event EventTarget FormData ImageBitmap IntersectionObserver KeyboardEvent MessageChannel MouseEvent MutationObserver
  Node Element Option OffscreenCanvas PointerEvent ReadableStream Request ResizeObserver Response Text TransformStream
  URLSearchParams WebAssembly WritableStream XMLSerializer CanvasRenderingContext2D CanvasGradient DOMMatrix
  alert confirm prompt createImageBitmap getComputedStyle matchMedia localStorage sessionStorage indexedDB caches
  innerWidth innerHeight scrollTo scrollBy requestIdleCallback cancelIdleCallback scheduler
  `
    .trim()
    .split(/\s+/),
);

export function isGlobalName(name: string): boolean {
  return globals.has(name) || /^(GPU|HTML|SVG|CSS)[A-Z]/.test(name) || name === "CSS" || name === "GPU";
}
