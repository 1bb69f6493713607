/** As much of the Cache API as is used, in memory. */
export class FakeCaches {
  readonly stored = new Map<string, Map<string, { body: Uint8Array; headers: Headers }>>();
  /** Bytes that there is room for. */
  room = Infinity;

  open = (name: string) => {
    const entries = this.stored.get(name) ?? new Map<string, { body: Uint8Array; headers: Headers }>();
    this.stored.set(name, entries);
    return Promise.resolve({
      keys: () => Promise.resolve([...entries.keys()].map((url) => new Request(url))),
      match: (url: string) => {
        const found = entries.get(url);
        return Promise.resolve(
          found && new Response(found.body as Uint8Array<ArrayBuffer>, { headers: found.headers }),
        );
      },
      put: async (url: string, response: Response) => {
        const body = new Uint8Array(await response.arrayBuffer());
        if (this.bytes() + body.length > this.room) throw new DOMException("Quota exceeded.", "QuotaExceededError");
        entries.set(url, { body, headers: response.headers });
      },
      delete: (url: string) => Promise.resolve(entries.delete(url)),
    });
  };
  delete = (name: string) => Promise.resolve(this.stored.delete(name));

  entries(): [string, { body: Uint8Array; headers: Headers }][] {
    return [...this.stored.values()].flatMap((entries) => [...entries]);
  }

  bytes(): number {
    return this.entries().reduce((sum, [, { body }]) => sum + body.length, 0);
  }
}
