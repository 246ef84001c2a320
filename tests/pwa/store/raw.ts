/** What lies in IndexedDB, read past everything of ours. */
export interface RawRow {
  readonly table: string;
  readonly strings: readonly string[];
  readonly bytes: readonly Uint8Array[];
  readonly keys: readonly CryptoKey[];
}

export async function everythingStored(name: string): Promise<RawRow[]> {
  const db = await settled(indexedDB.open(name));
  try {
    const rows: RawRow[] = [];
    for (const table of db.objectStoreNames) {
      const all: unknown[] = await settled(db.transaction(table).objectStore(table).getAll());
      for (const row of all) {
        const found = { table, strings: [], bytes: [], keys: [] };
        collect(row, found);
        rows.push(found);
      }
    }
    return rows;
  } finally {
    db.close();
  }
}

function collect(value: unknown, into: { strings: string[]; bytes: Uint8Array[]; keys: CryptoKey[] }): void {
  if (typeof value === 'string') into.strings.push(value);
  else if (value instanceof CryptoKey) into.keys.push(value);
  else if (ArrayBuffer.isView(value)) into.bytes.push(new Uint8Array(value.buffer));
  else if (typeof value === 'object' && value !== null) {
    for (const [name, part] of Object.entries(value)) {
      into.strings.push(name);
      collect(part, into);
    }
  }
}

function settled<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.addEventListener('success', () => resolve(request.result));
    request.addEventListener('error', () => reject(request.error ?? new Error('IndexedDB failed')));
  });
}
