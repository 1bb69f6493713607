/**
 * Who may import whom: the table of docs/architecture.md, as rules. `tests/lib/boundaries.test.ts` plants a forbidden
 * import for each kind of rule and expects this check to fail.
 */

/** Folder -> the folders of ours that it may import, itself always among them. */
const MAY_IMPORT = {
  "lib/gpu": [],
  "lib/tokenizers": [],
  "lib/cells": [],
  "lib/scenes": [],
  "lib/kernels": ["lib/gpu"],
  "lib/tensor": ["lib/kernels", "lib/gpu"],
  "lib/nn": ["lib/tensor"],
  "lib/weights": ["lib/tensor"],
  "lib/images": ["lib/tensor"],
  "lib/models": ["lib/nn", "lib/weights", "lib/images", "lib/tokenizers", "lib/tensor"],
  "lib/generation": ["lib/models", "lib/tokenizers", "lib/tensor"],
  "lib/evaluation": ["lib/generation", "lib/images", "lib/models", "lib/tokenizers", "lib/scenes", "lib/tensor"],
  "lib/exercises": ["lib/tensor"],
  "lib/notebook": [
    "lib/tensor",
    "lib/nn",
    "lib/weights",
    "lib/images",
    "lib/models",
    "lib/tokenizers",
    "lib/generation",
    "lib/evaluation",
    "lib/scenes",
    "lib/cells",
    "lib/exercises",
  ],
  "lib/course": ["lib/cells", "lib/exercises", "lib/notebook"],
  "components/ui": [],
  "components/cells": ["components/ui", "lib/notebook", "lib/cells", "lib/exercises"],
  "components/lesson": ["components/ui", "lib/notebook"],
  "components/home": ["components/ui", "lib/notebook"],
  "components/engine": ["components/ui", "lib/tensor"],
  "components/figures": ["components/ui", "lib/notebook", "lib/tensor", "lib/images", "lib/scenes"],
  "components/studio": ["components/ui", "lib/notebook", "lib/tensor", "lib/images", "lib/scenes"],
  "components/scene-studio": ["components/ui", "components/studio", "components/figures", "lib/notebook", "lib/scenes"],
  app: ["components", "lib/course"],
};

const boundaries = Object.entries(MAY_IMPORT).map(([folder, allowed]) => ({
  name: `boundary: ${folder}`,
  comment: `${folder} may import ${allowed.length ? allowed.join(", ") : "nothing of ours"}`,
  severity: "error",
  from: { path: `^${folder}/` },
  to: {
    path: "^(app|components|content|lib|tests|scripts)/",
    pathNot: [folder, ...allowed].map((name) => `^${name}/`),
  },
}));

/** A folder speaks through its index.ts; the folder of a style sheet or a picture may be reached by path. */
const throughIndex = Object.keys(MAY_IMPORT)
  .filter((folder) => folder !== "app" && !["components/home", "components/lesson", "components/ui"].includes(folder))
  .map((folder) => ({
    name: `index: ${folder}`,
    comment: `${folder} speaks through its index.ts`,
    severity: "error",
    from: { pathNot: [`^${folder}/`, "^tests/"] },
    to: { path: `^${folder}/`, pathNot: [`^${folder}/index\\.tsx?$`, "\\.css$"] },
  }));

module.exports = {
  forbidden: [
    {
      name: "no cycles",
      severity: "error",
      comment: "Two files that need each other are one idea, or three",
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ["type-only"] } },
    },
    {
      name: "lib without React",
      severity: "error",
      comment: "lib/ never imports React, Next, app or components",
      from: { path: "^lib/", pathNot: "^lib/course/" },
      to: { path: "node_modules/(react|react-dom|next)/" },
    },
    {
      name: "declared packages only",
      severity: "error",
      comment: "Import only what package.json names",
      from: { path: "^(app|components|lib)/" },
      to: { dependencyTypes: ["npm-no-pkg", "npm-unknown", "unknown", "undetermined"] },
    },
    {
      name: "resolvable",
      severity: "error",
      comment: "An import that leads nowhere",
      from: {},
      to: { couldNotResolve: true },
    },
    ...boundaries,
    ...throughIndex,
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    exclude: { path: "^(\\.next|out|public)/" },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
    enhancedResolveOptions: { exportsFields: ["exports"], conditionNames: ["import", "require", "node", "default"] },
  },
};
