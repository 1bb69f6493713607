/**
 * Opens the files of a model's weights and reads their headers: model.safetensors, or, if there is none, the shards
 * that model.safetensors.index.json names. Of those only the ones that hold a wanted weight are opened.
 *
 *     {"metadata": {...}, "weight_map": {"vit.layernorm.weight": "model-00001-of-00002.safetensors", ...}}
 */
import { parseJson, show } from "./bounded-json";
import type { Delta, Shared } from "./delta";
import type { Folder } from "./folder";
import { MissingFile } from "./missing-file";
import type { RangedFile, RangedOptions } from "./ranged-file";
import { cutOffInHeader, headerEnd, parseHeader, type StoredTensor } from "./safetensors";

export type OpenedFile = { file: RangedFile; tensors: StoredTensor[] };

export type OpenedWeights = {
  files: OpenedFile[];
  /** Bytes of all headers that were read. */
  headerBytes: number;
  /** Names of weights in shards that were not opened. */
  elsewhere: string[];
  /** Of `files`, those of other models, in the order of what lies over them; their weights have the names of this model. */
  shared: OpenedFile[];
  /** Of `files`, the one that was asked for besides. */
  delta?: OpenedFile;
  close(): Promise<void>;
};

const SINGLE = "model.safetensors";
const INDEX = "model.safetensors.index.json";
const MAX_INDEX = 16 * 1024 * 1024; // bytes
const MAX_SHARDS = 512;
const MAX_WEIGHTS = 200_000;

/**
 * @param isWanted whether the model has a weight that is called so in the file
 * @param delta further weights: a file in the folder, and files of other models
 * @throws a sentence for a file that is missing, damaged or at odds with the index.
 */
export async function openWeights(
  folder: Folder,
  isWanted: (name: string) => boolean,
  options: RangedOptions,
  delta?: Pick<Delta, "file" | "shared">,
): Promise<OpenedWeights> {
  const files: OpenedFile[] = [];
  const close = async () => {
    for (const { file } of files) await file.close();
  };
  try {
    const { headerBytes: own, elsewhere } = await openSingle(folder, isWanted, files, options);
    let headerBytes = own;
    const finished = files.length;
    for (const one of delta?.shared ?? []) headerBytes += await openShared(folder, one, isWanted, files, options);
    const shared = files.slice(finished);
    if (delta?.file === undefined) return { files, headerBytes, elsewhere, shared, close };
    headerBytes += await openFile(folder, delta.file, files, options);
    return { files, headerBytes, elsewhere, shared, delta: files.at(-1), close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Adds model.safetensors to `files`, or the shards that are there instead. */
async function openSingle(
  folder: Folder,
  isWanted: (name: string) => boolean,
  files: OpenedFile[],
  options: RangedOptions,
): Promise<Pick<OpenedWeights, "headerBytes" | "elsewhere">> {
  const elsewhere: string[] = [];
  let headerBytes = await openFile(folder, SINGLE, files, options).catch(absent);
  if (typeof headerBytes === "number") return { headerBytes, elsewhere };
  const shards = await readIndex(folder, headerBytes, options.signal);
  headerBytes = 0;
  for (const [shard, names] of shards) {
    if (!names.some(isWanted)) {
      elsewhere.push(...names);
      continue;
    }
    headerBytes += await openFile(folder, shard, files, options);
    checkShard(folder.name, shard, names, files.at(-1)!.tensors);
  }
  return { headerBytes, elsewhere };
}

/** Adds another model's files to `files`, with those of its weights that are shared, by their names here. */
async function openShared(
  folder: Folder,
  { model, from, prefix }: Shared,
  isWanted: (name: string) => boolean,
  files: OpenedFile[],
  options: RangedOptions,
): Promise<number> {
  const nameHere = (name: string) => (name.startsWith(from) ? prefix + name.slice(from.length) : undefined);
  const isShared = (name: string) => isWanted(nameHere(name) ?? "");
  const before = files.length;
  const beside = folder.beside(model);
  const { headerBytes, elsewhere } = await openSingle(beside, isShared, files, options).catch((error: unknown) => {
    if (!(error instanceof MissingFile)) throw error;
    throw new MissingFile(`${error.message}: this stage shares weights of the model ${show(model)}, beside its own`);
  });
  let taken = elsewhere.filter((name) => name.startsWith(from)).length;
  for (const [i, { file, tensors }] of files.slice(before).entries()) {
    const renamed = tensors.flatMap((tensor) => {
      const name = nameHere(tensor.name);
      return name === undefined ? [] : [{ ...tensor, name }];
    });
    taken += renamed.length;
    files[before + i] = { file, tensors: renamed };
  }
  if (taken > 0) return headerBytes;
  throw new Error(`${beside.name}: expected weights to share whose names begin with ${show(from)}, got none`);
}

/** That there is no such file is an answer; all else is an error. */
function absent(error: unknown): MissingFile {
  if (error instanceof MissingFile) return error;
  throw error;
}

/** Adds the file and its weights to `files`; how long its header is. */
async function openFile(folder: Folder, name: string, files: OpenedFile[], options: RangedOptions): Promise<number> {
  const file = await folder.open(name, options);
  try {
    const dataStart = headerEnd(await file.head(8), file.name);
    const header = await file.head(dataStart);
    if (header.length < dataStart) throw cutOffInHeader(dataStart, header.length, file.name);
    files.push({ file, tensors: parseHeader(header, file.name, file.length) });
    return dataStart;
  } catch (error) {
    await file.close();
    throw error;
  }
}

/** The names of the weights in each shard. */
async function readIndex(folder: Folder, noSingle: MissingFile, signal?: AbortSignal): Promise<Map<string, string[]>> {
  const name = folder.name + INDEX;
  const bytes = await folder.read(INDEX, { signal, maxLength: MAX_INDEX }).catch((error: unknown) => {
    if (!(error instanceof MissingFile)) throw error;
    throw new MissingFile(
      `${noSingle.message}; and there is no ${INDEX} either: only weights in safetensors files can be read`,
    );
  });
  const json = parseJson(bytes, name, { maxLength: MAX_INDEX, maxDepth: 16 });
  const map = (json as { weight_map?: unknown } | null)?.weight_map;
  if (typeof map !== "object" || map === null || Array.isArray(map)) {
    throw new Error(`${name}: weight_map: expected an object, got ${show(map)}`);
  }
  const entries = Object.entries(map as Record<string, unknown>);
  if (entries.length > MAX_WEIGHTS) {
    throw new Error(`${name}: weight_map: expected at most ${MAX_WEIGHTS} weights, got ${entries.length}`);
  }
  const shards = new Map<string, string[]>();
  for (const [weight, shard] of entries) {
    if (typeof shard !== "string" || shard.length > 200 || !/^\w[\w.-]*\.safetensors$/.test(shard)) {
      const expected = "the name of a .safetensors file in the same folder";
      throw new Error(`${name}: weight_map of ${show(weight)}: expected ${expected}, got ${show(shard)}`);
    }
    const names = shards.get(shard);
    if (names) names.push(weight);
    else shards.set(shard, [weight]);
  }
  if (shards.size > MAX_SHARDS) throw new Error(`${name}: expected at most ${MAX_SHARDS} shards, got ${shards.size}`);
  return shards;
}

/** The index and the shard's own header have to name the same weights. */
function checkShard(folder: string, shard: string, names: string[], tensors: StoredTensor[]): void {
  const there = new Set(tensors.map(({ name }) => name));
  const absent = names.find((name) => !there.has(name));
  if (absent !== undefined) {
    throw new Error(`${folder}${INDEX}: expected ${show(absent)} in ${shard}, which does not have it`);
  }
  const said = new Set(names);
  const unsaid = tensors.find(({ name }) => !said.has(name));
  if (unsaid) {
    throw new Error(
      `${folder}${INDEX}: expected it to name every weight of ${shard}, got none called ${show(unsaid.name)}`,
    );
  }
}
