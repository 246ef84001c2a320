import { decode, encode } from '@msgpack/msgpack';
import * as v from 'valibot';
import { type ReportRequest, reportRequest } from '#shared/schema/account.ts';
import type { Context } from './context.ts';
import { RACED, isSameRecord, untilCommitted } from './failures.ts';
import { readMeta } from './meta.ts';

/** Reports that wait for a connection, sealed like everything that somebody wrote. */
const MOST = 20;

export async function waitingReports({ db, keychain }: Context): Promise<readonly ReportRequest[]> {
  const row = await readMeta(db, 'reports');
  if (row === undefined) return [];
  return v.parse(v.array(reportRequest), decode(await keychain.open('meta', 'reports', row.sealed)));
}

/** Puts what `change` makes of them in their place; the newest are kept. */
export async function changeReports(
  context: Context,
  change: (reports: readonly ReportRequest[]) => readonly ReportRequest[],
): Promise<void> {
  const { db, keychain } = context;
  await untilCommitted(async () => {
    const before = (await readMeta(db, 'reports'))?.sealed;
    const next = change(await waitingReports(context)).slice(-MOST);
    const sealed = await keychain.seal('meta', 'reports', encode(next));
    return db.transaction('rw', db.meta, async () => {
      if (!isSameRecord(before, (await readMeta(db, 'reports'))?.sealed)) return RACED;
      if (next.length === 0) await db.meta.delete('reports');
      else await db.meta.put({ key: 'reports', sealed });
      return undefined;
    });
  });
}
