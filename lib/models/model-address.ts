/**
 * Where a model lies, by how it is named.
 *
 *     "vit-classifier", "a/b/c"             a model of this site: a folder under `baseUrl`
 *     "org/name", "org/name@revision"       a repository of the Hub
 *     "https://…", "/models/x", "./x"       a folder; in Node also of the disk, or by a `file:` URL
 *     https://huggingface.co/org/name       the page of a repository: the same as "org/name"
 *
 * One slash is what tells a repository from a model of this site, whatever `baseUrl` holds: one name means one thing on
 * every page, and nothing is asked of a server to find out. A folder that lies one deeper is given by its address.
 */
export type AddressOptions = {
  /** Where a model that is given by its id lies ["/models"]; in Node also a `file:` URL or a path. */
  baseUrl?: string;
  /** A step of its training, such as "step-001000", instead of the finished model. */
  checkpoint?: string;
};

const HUB = "https://huggingface.co";

/** @returns the address of a folder. @throws a sentence for a name that is none. */
export function modelAddress(source: string, { baseUrl = "/models", checkpoint }: AddressOptions = {}): string {
  if (checkpoint !== undefined) checkId("checkpoint", checkpoint);
  const folder = folderOf(source, baseUrl);
  return checkpoint === undefined ? folder : `${folder.replace(/\/$/, "")}/checkpoints/${checkpoint}`;
}

function folderOf(source: string, baseUrl: string): string {
  const page = /^https:\/\/huggingface\.co\/([^/?#]+\/[^/?#]+)(?:\/tree\/([^?#]+?))?\/?(?:[?#].*)?$/.exec(source);
  if (page) return repository(page[1]!, page[2] && decoded(page[2]));
  if (/^(https?:|file:|[./]|[a-z]:[\\/])/i.test(source)) return source;
  const [id, revision] = parts(source);
  if (id.split("/").length === 2) return repository(id, revision);
  checkId("model id", source);
  return `${baseUrl.replace(/\/$/, "")}/${source}`;
}

/** "org/name@revision" -> its two parts; a revision may hold slashes: refs/pr/4. */
function parts(source: string): [string, string | undefined] {
  const at = source.indexOf("@");
  return at < 0 ? [source, undefined] : [source.slice(0, at), source.slice(at + 1)];
}

function repository(id: string, revision = "main"): string {
  if (!/^\w[\w.-]*\/\w[\w.-]*$/.test(id) || id.includes("..")) {
    throw new Error(`models: expected a repository as "organisation/name", got ${JSON.stringify(id)}`);
  }
  if (!/^\w[\w./-]*$/.test(revision) || revision.includes("..")) {
    const example = 'such as "main", "refs/pr/4" or a commit';
    throw new Error(`models: expected a revision ${example}, got ${JSON.stringify(revision)}`);
  }
  return `${HUB}/${id}/resolve/${encodeURIComponent(revision)}/`;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** A name, or names with slashes between: never a way out of the folder of models. */
function checkId(what: string, id: string): void {
  if (!/^\w[\w.-]*(\/\w[\w.-]*)*$/.test(id)) {
    throw new Error(`models: expected a ${what} of letters, digits, "-", "_" and ".", got ${JSON.stringify(id)}`);
  }
}
