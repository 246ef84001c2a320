/**
 * Writes down, for the developer tools, what a person need not be told because the app goes on by itself. Nothing is
 * sent anywhere.
 */
export function note(what: string, error: unknown): void {
  // oxlint-disable-next-line no-console -- the console is the only log that a browser keeps
  console.warn(what, error);
}

/** The same for what went wrong. */
export function complain(error: unknown): void {
  // oxlint-disable-next-line no-console -- as above
  console.error(error);
}
