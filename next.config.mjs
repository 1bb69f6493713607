/** @type {import("next").NextConfig} */
export default {
  output: "export",
  trailingSlash: true, // course/index.html, so that any static server finds it
  images: { unoptimized: true },
  poweredByHeader: false,
  serverExternalPackages: ["mdx-bundler", "esbuild", "shiki"], // run in Node, at build: not to be bundled
  typescript: { ignoreBuildErrors: true }, // `npm run types` checks them, all folders at once
  turbopack: {
    root: import.meta.dirname,
    resolveAlias: {
      typescript: "./lib/cells/typescript-stub.cjs", // 3.7 MB that notebook-kit's transpiler wants and JavaScript cells do not need
      "onnxruntime-web/webgpu": "onnxruntime-web/wasm", // of Transformers.js: 14 MB of WebAssembly in place of 27
    },
  },
};
