/** Push services that the server talks to, and no others: an endpoint is whatever a client says. */
export interface PushServices {
  /** Whether an endpoint is one of a push service. */
  has(endpoint: string): boolean;
}

/** `host`, `host:port` or `*.host`, over https; over http on this machine only. */
const ENTRY =
  /^(http:\/\/(?:127\.0\.0\.1|localhost|\[::1\])(?::\d{1,5})?|(?:\*\.)?[a-z0-9-]+(?:\.[a-z0-9-]+)+(?::\d{1,5})?)$/;

/** Whether an operator may write this into the list. */
export function isPushService(entry: string): boolean {
  return ENTRY.test(entry);
}

/** Reads entries of the list. */
export function createPushServices(entries: readonly string[]): PushServices {
  const origins = new Set(
    entries
      .filter((entry) => !entry.startsWith('*.'))
      .map((entry) => new URL(entry.startsWith('http:') ? entry : `https://${entry}`).origin),
  );
  /** `.host`, or `.host:port`. */
  const suffixes = entries.filter((entry) => entry.startsWith('*.')).map((entry) => entry.slice(1));
  return {
    has(endpoint) {
      if (!URL.canParse(endpoint)) return false;
      const { origin, protocol, host, username, password } = new URL(endpoint);
      if (username !== '' || password !== '') return false;
      if (origins.has(origin)) return true;
      return protocol === 'https:' && suffixes.some((suffix) => host.endsWith(suffix));
    },
  };
}
