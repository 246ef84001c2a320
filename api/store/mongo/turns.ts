/** Runs one thing of a name after the other, in the order of the calls: of two changes at once the first is first. */
export type Turns = <T>(name: string, act: () => Promise<T>) => Promise<T>;

export function createTurns(): Turns {
  const lastByName = new Map<string, Promise<unknown>>();
  return (name, act) => {
    const before = lastByName.get(name) ?? Promise.resolve();
    const turn = before.then(act, act);
    lastByName.set(name, turn);
    return turn.finally(() => {
      if (lastByName.get(name) === turn) lastByName.delete(name);
    });
  };
}
