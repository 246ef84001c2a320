/**
 * What `make` makes, made once and when it is first asked for. Formats of `Intl` are: the first of them reads the data of
 * a language, which took longer than all else that the app's script does when it is evaluated.
 */
export function atFirstUse<T extends object>(make: () => T): () => T {
  let made: T | undefined;
  return () => (made ??= make());
}
