import { openSqliteStore } from '#api/store/sqlite/store.ts';
import { accountOf, someBytes, someTag, writeOf } from './api-people.ts';

/** A process that is made to be killed: writes messages as fast as it can and prints the number of each ack. */
const [, , file = ''] = process.argv;
const store = openSqliteStore({ file, tag: someTag });
const [ann, bob] = [accountOf('ann'), accountOf('bob')];
await store.createAccount(ann);
await store.createAccount(bob);
process.stdout.write(`${bob.user}\n`);

const ENOUGH = 200_000;
const AT_ONCE = 50;
for (let sent = 0; sent < ENOUGH; sent += AT_ONCE) {
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      const write = writeOf(ann.user, {
        kind: 'message',
        from: ann.user,
        to: bob.user,
        envelope: someBytes(300),
      });
      const done = await store.commit(write);
      if (done.kind === 'done' && done.result.ok) process.stdout.write(`${done.result.n}\n`);
    }),
  );
}
