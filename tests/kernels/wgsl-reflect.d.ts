/** The package's entry for Node is CommonJS under the name of a module, and does not load; its other file does. */
declare module "wgsl_reflect/wgsl_reflect.module.js" {
  export * from "wgsl_reflect";
}
