import { EXIT, Refusal } from '../refusal.ts';
import type { Account, Store } from '../store/ports.ts';
import type { Command } from './command.ts';
import { withStore } from './stores.ts';

/** A list longer than this is for export. */
const MOST = 10_000;
const REPORTS = 1_000;

export const usersCommand: Command = {
  usage: 'users [--prefix TEXT]',
  summary: 'lists accounts by name',
  help: `One account a line: name and id. With --prefix those whose names begin so. Accounts that are locked out are not
listed, as nobody can find them; nexchat user NAME shows them.`,
  options: { prefix: { type: 'string' } },
  run: ({ options, settings, print }) =>
    withStore(settings, async (store) => {
      const prefix = typeof options['prefix'] === 'string' ? options['prefix'].toLowerCase() : '';
      const found = await store.listPeople(prefix, MOST + 1);
      for (const { username, id } of found.slice(0, MOST)) print(`${username}\t${id}`);
      if (found.length > MOST) print(`… and more: use --prefix.`);
      return EXIT.ok;
    }),
};

export const userCommand: Command = {
  usage: 'user NAME',
  summary: 'shows one account',
  help: `Whatever the server knows of it that is not sealed: since when, its devices, and with how many people it is connected.`,
  run: ({ words: [name = ''], settings, print }) =>
    withStore(settings, async (store) => {
      const account = await accountNamed(store, name);
      const { user, created, suspended, recovery } = account;
      print(`name       ${account.username}`);
      print(`id         ${user}`);
      print(`created    ${shown(created)}`);
      print(`suspended  ${suspended === null ? 'no' : `since ${shown(suspended)}`}`);
      print(`recovery   ${recovery === null ? 'no code' : `code of ${shown(recovery.created)}`}`);
      print(`log        ${await store.head(user)} entries`);
      const known = await store.acquaintances(user);
      print(`friends    ${known.filter(({ standing }) => standing === 'friends').length}`);
      print(`requests   ${known.filter(({ standing }) => standing !== 'friends').length}`);
      for (const { deviceName, started, rotated } of await store.sessions(user)) {
        print(`device     ${deviceName}, signed in ${shown(started)}, last seen ${shown(rotated)}`);
      }
      return EXIT.ok;
    }),
};

export const suspendCommand: Command = {
  usage: 'suspend NAME',
  summary: 'locks an account out',
  help: `It can't sign in, and every sign-in that it has ends: requests are refused from that moment, and sockets that are
open are closed by the running server within a minute. Its messages and friendships stay.`,
  run: ({ words: [name = ''], settings, print }) =>
    withStore(settings, async (store) => {
      const { user, username } = await accountNamed(store, name);
      const { length } = await store.sessions(user);
      await store.suspendAccount(user, Date.now());
      print(`${username} is locked out; sign-ins that ended: ${length}.`);
      return EXIT.ok;
    }),
};

export const unsuspendCommand: Command = {
  usage: 'unsuspend NAME',
  summary: 'lets an account in again',
  help: `It signs in again with its password.`,
  run: ({ words: [name = ''], settings, print }) =>
    withStore(settings, async (store) => {
      const { user, username } = await accountNamed(store, name);
      await store.suspendAccount(user, null);
      print(`${username} may sign in again.`);
      return EXIT.ok;
    }),
};

export const deleteCommand: Command = {
  usage: 'delete NAME --yes',
  summary: 'ends an account for good',
  help: `Its friendships, sign-ins, keys and log go, and nothing brings them back. The name is never given again; friends
keep what they have. Sockets that are open are closed by the running server within a minute.`,
  options: { yes: { type: 'boolean' } },
  run: ({ words: [name = ''], options, settings, print }) =>
    withStore(settings, async (store) => {
      const { user, username } = await accountNamed(store, name);
      if (options['yes'] !== true) {
        throw new Refusal(EXIT.usage, `This deletes ${username} for good. If that is meant, add --yes.`);
      }
      await store.deleteAccount(user, Date.now());
      print(`${username} is deleted.`);
      return EXIT.ok;
    }),
};

export const reportsCommand: Command = {
  usage: 'reports',
  summary: 'shows what people told about others, newest first',
  help: `One report a line: time, who, about whom, reason, and what they wrote.`,
  run: ({ settings, print }) =>
    withStore(settings, async (store) => {
      for (const { time, from, about, reason, note } of await store.reports(REPORTS)) {
        const [by, of] = await Promise.all(
          [from, about].map(async (user) => (await store.person(user))?.name ?? user),
        );
        print([shown(time), by, of, reason, oneLine(note)].join('\t'));
      }
      return EXIT.ok;
    }),
};

export const statsCommand: Command = {
  usage: 'stats',
  summary: 'counts what there is',
  help: `How many users, suspended users, open sign-ins, friendships, messages, calls, log entries and reports there are.`,
  run: ({ settings, print }) =>
    withStore(settings, async (store) => {
      for (const [name, count] of Object.entries(await store.stats())) print(`${name.padEnd(12)}${count}`);
      return EXIT.ok;
    }),
};

async function accountNamed(store: Store, name: string): Promise<Account> {
  const account = await store.account(name.toLowerCase());
  if (!account) throw new Refusal(EXIT.missing, `There is no account ${name}.`);
  return account;
}

const shown = (time: number): string => new Date(time).toISOString();

/** What a stranger wrote must not move the operator's terminal. */
const oneLine = (text: string): string => text.replaceAll(/[\p{Cc}\p{Cf}]+/gu, ' ').trim();
