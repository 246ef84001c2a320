import { Failure } from '#shared/errors.ts';
import type { UserId } from '#shared/ids.ts';
import type { SignIn, SignInStore } from '../ports.ts';
import type { Collections, SessionDoc, UserDoc } from './collections.ts';
import { isDuplicate, untilDone } from './errors.ts';
import { binary, keyOf, keysOf, plain } from './values.ts';

export interface Sessions extends SignInStore {
  /** Ends what new credentials left to be ended. Returns the ids of those that this call ended. */
  finishEnding(user: Pick<UserDoc, '_id' | 'ending'>): Promise<readonly string[]>;
  /** Removes all of a user who is no more. */
  drop(user: UserId): Promise<void>;
}

const OPEN = { ended: { $eq: null } } as const;

/** The sign-ins of all devices. */
export function createSessions({ sessions, users }: Pick<Collections, 'sessions' | 'users'>): Sessions {
  /** Throws when the user may not sign in. */
  async function admit(user: UserId): Promise<void> {
    const found = await users.findOne(
      { _id: { $eq: user } },
      { projection: { suspended: 1, deleted: 1, ending: 1 } },
    );
    if (!found || found.deleted !== null) throw new Failure('UNKNOWN_USER');
    if (found.suspended !== null) throw new Failure('ACCOUNT_SUSPENDED');
    // Before there is a new sign-in, which must not end with those of before.
    await finishEnding(found);
  }

  async function endSessions(user: UserId, except: string | null, time: number): Promise<readonly string[]> {
    const found = await sessions
      .find({ user: { $eq: user }, ...OPEN }, { projection: { _id: 0, id: 1 } })
      .toArray();
    const ids = found.map(({ id }) => id).filter((id) => id !== except);
    // One by one: each is told as ended once.
    const ended = await Promise.all(
      ids.map((id) =>
        sessions.updateOne({ id: { $eq: id }, ...OPEN }, { $set: { ended: time, push: null } }),
      ),
    );
    return ids.filter((_, at) => (ended[at]?.matchedCount ?? 0) > 0);
  }

  async function finishEnding({ _id: user, ending }: Pick<UserDoc, '_id' | 'ending'>) {
    if (!ending) return [];
    const ended = await endSessions(user, ending.except, ending.time);
    await users.updateOne(
      { _id: { $eq: user }, 'ending.version': { $eq: ending.version } },
      { $unset: { ending: 1 } },
    );
    return ended;
  }

  /** Puts it in the place of the device's former one, which it gives; undefined when another request was faster. */
  async function place(doc: SessionDoc): Promise<SessionDoc | 'none' | undefined> {
    const { _id, ...rest } = doc;
    const former = await sessions.findOneAndReplace({ _id: { $eq: _id } }, rest);
    if (former) return former;
    try {
      await sessions.insertOne(doc);
      return 'none';
    } catch (error) {
      if (isDuplicate(error)) return undefined;
      throw error;
    }
  }

  return {
    async startSession(session) {
      await admit(session.user);
      const former = await untilDone(() => place(docOf(session)));
      // Whoever is locked out meanwhile finds either this sign-in, and ends it, or is found here.
      await admit(session.user).catch(async (error: unknown) => {
        await sessions.deleteOne({ id: { $eq: session.id } });
        throw error;
      });
      return former !== 'none' && former.ended === null && former.id !== session.id ? former.id : null;
    },
    async session(id) {
      const found = await sessions.findOne({ id: { $eq: id } });
      return found ? sessionOf(found) : undefined;
    },
    async rotateSession(id, expect, { token, rotated, successor, expires }) {
      const { matchedCount } = await sessions.updateOne(
        { id: { $eq: id }, token: { $eq: binary(expect) }, ...OPEN },
        {
          $set: {
            previous: binary(expect),
            token: binary(token),
            rotated,
            successor: successor && binary(successor),
            expires,
          },
        },
      );
      return matchedCount > 0;
    },
    async endSession(id, time) {
      const { matchedCount } = await sessions.updateOne(
        { id: { $eq: id }, ...OPEN },
        { $set: { ended: time, push: null } },
      );
      return matchedCount > 0;
    },
    async sessions(user) {
      const found = await sessions
        .find({ user: { $eq: user }, ...OPEN })
        .sort({ rotated: -1, id: 1 })
        .toArray();
      return found.map(sessionOf);
    },
    async renameSession(user, id, deviceName) {
      const { matchedCount } = await sessions.updateOne(
        { id: { $eq: id }, user: { $eq: user }, ...OPEN },
        { $set: { deviceName } },
      );
      return matchedCount > 0;
    },
    async keepPush(id, push) {
      const { matchedCount } = await sessions.updateOne({ id: { $eq: id }, ...OPEN }, { $set: { push } });
      return matchedCount > 0;
    },
    async forgetPush(id, endpoint) {
      const still = endpoint === undefined ? {} : { 'push.endpoint': { $eq: endpoint } };
      await sessions.updateOne({ id: { $eq: id }, ...still }, { $set: { push: null } });
    },
    endSessions,
    finishEnding,
    async drop(user) {
      await sessions.deleteMany({ _id: keysOf(user) });
    },
  };
}

function docOf(session: SignIn): SessionDoc {
  const { user, device, token, previous, successor } = session;
  return {
    ...session,
    _id: keyOf(user, device),
    token: binary(token),
    previous: previous && binary(previous),
    successor: successor && binary(successor),
  };
}

function sessionOf({ _id, token, previous, successor, push, ...rest }: SessionDoc): SignIn {
  return {
    ...rest,
    token: plain(token),
    previous: previous && plain(previous),
    successor: successor && plain(successor),
    push: push ?? null,
  };
}
