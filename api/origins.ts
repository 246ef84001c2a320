/** The exact origins whose pages may use the server. */
export interface Origins {
  allows(origin: string | undefined): boolean;
  list(): readonly string[];
  /** True when every one is https: then the server is only ever reached through TLS. */
  allSecure(): boolean;
  /** Names the server's own addresses once its port is known; nothing when the operator named the origins. */
  bind(port: number): void;
}

export function createOrigins(named: readonly string[] | null): Origins {
  let allowed = new Set(named);
  return {
    allows: (origin) => origin !== undefined && allowed.has(origin),
    list: () => [...allowed],
    allSecure: () => allowed.size > 0 && [...allowed].every((origin) => origin.startsWith('https:')),
    bind(port) {
      if (named === null) allowed = new Set([`http://localhost:${port}`, `http://127.0.0.1:${port}`]);
    },
  };
}
