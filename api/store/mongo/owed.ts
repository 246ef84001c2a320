export interface Strikes {
  /** Whether what a document owes was paid here, and is about to be struck off. */
  isPaid(id: string, at: number): boolean;
  /** Not waited for: an entry that is paid twice is in the log once. */
  strike(id: string, at: number): void;
  /** Resolves when nothing is written any more behind what was answered. */
  idle(): Promise<void>;
}

/**
 * Strikes off what documents owed to logs, by `unset`, once it is paid. Until then the debt is remembered as paid, so that
 * the next reader here does not pay again, and the next change does both at once.
 */
export function createStrikes(
  unset: (id: string, at: number) => Promise<unknown>,
  onError: (error: unknown) => void,
): Strikes {
  const paidById = new Map<string, number>();
  const striking = new Set<Promise<void>>();

  async function strikeOff(id: string, at: number): Promise<void> {
    try {
      await unset(id, at);
    } catch (error) {
      onError(error);
    }
    if (paidById.get(id) === at) paidById.delete(id);
  }

  return {
    isPaid: (id, at) => paidById.get(id) === at,
    strike(id, at) {
      paidById.set(id, at);
      const struck = strikeOff(id, at).finally(() => striking.delete(struck));
      striking.add(struck);
    },
    async idle() {
      await Promise.all(striking);
    },
  };
}
