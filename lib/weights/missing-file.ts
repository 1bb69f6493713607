/** What a server's refusal means to a reader. */

/** There is no such file: for one that may be absent, a caller catches this and nothing else. */
export class MissingFile extends Error {
  override readonly name = "MissingFile";
}

/** The sentence for an answer that is no file: a status other than 200 and 206. */
export function refusal(url: string, response: Response): Error {
  const { status, statusText } = response;
  const got = `${status} ${statusText}`.trim();
  const hub = hubAddress(url);
  const code = response.headers.get("x-error-code"); // the Hub's own word for it
  if (status === 401 || status === 403) {
    const page = hub ? ` on its page (${hub.page})` : "";
    return new Error(
      `${url}: expected a file that everybody may read, got ${got}: this is private, gated, or not there; ` +
        `if it is gated, accept its licence${page}, download its files and pick them here: this page cannot log in`,
    );
  }
  if (status !== 404 && status !== 410) return new Error(`${url}: expected a file, got ${got}`);
  if (hub && code === "RepoNotFound") {
    return new MissingFile(`${url}: expected a repository ${hub.id}, got ${got}: the Hub has none of that name`);
  }
  if (hub && code === "RevisionNotFound") {
    return new MissingFile(
      `${url}: expected a revision ${hub.revision} of ${hub.id}, got ${got}: ${hub.page}/tree/main has the others`,
    );
  }
  if (hub) {
    return new MissingFile(`${url}: expected a file, got ${got}: ${hub.page}/tree/${hub.revision} lists what is there`);
  }
  return new MissingFile(`${url}: expected a file, got ${got}`);
}

/** https://huggingface.co/org/name/resolve/revision/file */
function hubAddress(url: string): { id: string; page: string; revision: string } | undefined {
  const match = /^https:\/\/huggingface\.co\/([^/]+\/[^/]+)\/resolve\/([^/]+)\//.exec(url);
  if (!match) return undefined;
  return { id: match[1]!, page: `https://huggingface.co/${match[1]}`, revision: decodeURIComponent(match[2]!) };
}
