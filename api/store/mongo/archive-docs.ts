import { ObjectId } from 'mongodb';
import {
  type DeviceId,
  type OpId,
  type PairId,
  type UserId,
  membersOf,
  pairOf,
  peerIn,
} from '#shared/ids.ts';
import type { RecordOf } from '../archive.ts';
import { callDoc, storedOf } from './calls.ts';
import type {
  CallDoc,
  InstallationDoc,
  LogDoc,
  MessageDoc,
  OperationDoc,
  PairDoc,
  ReportDoc,
  ResultDoc,
  SessionDoc,
  UserDoc,
} from './collections.ts';
import { entryName } from './logs.ts';
import { binary, keyOf, plain } from './values.ts';

/** Each document as a record of an archive, and back. What is only owed to logs, or begun, has been settled before. */

export function userRecord(doc: UserDoc): RecordOf<'user'> {
  const { _id, name, created, bundle, keyId, floor, suspended, deleted, account } = doc;
  return {
    kind: 'user',
    user: _id,
    username: name,
    created,
    bundle: plain(bundle),
    keyId: plain(keyId),
    floor,
    suspended,
    deleted,
    account: account
      ? {
          keyring: plain(account.keyring),
          revision: account.revision,
          credentials: {
            kdf: {
              alg: 'PBKDF2-SHA256',
              iterations: account.credentials.iterations,
              salt: account.credentials.salt,
            },
            verifier: account.credentials.verifier,
            pepperId: account.credentials.pepper,
            sealedAccountKey: plain(account.credentials.key),
          },
          recovery: account.recovery && {
            verifier: account.recovery.verifier,
            pepperId: account.recovery.pepper,
            sealedAccountKey: plain(account.recovery.key),
            created: account.recovery.created,
          },
          credentialsVersion: account.credentialsVersion,
        }
      : null,
  };
}

export function userDoc({ user, username, account, ...rest }: RecordOf<'user'>): UserDoc {
  const { created, bundle, keyId, floor, suspended, deleted } = rest;
  const kept = { created, floor, suspended, deleted, bundle: binary(bundle), keyId: binary(keyId) };
  if (account === null) return { _id: user, name: username, ...kept };
  const { keyring, revision, credentials, recovery, credentialsVersion } = account;
  const { iterations, salt } = credentials.kdf;
  return {
    _id: user,
    name: username,
    ...kept,
    account: {
      keyring: binary(keyring),
      revision,
      credentials: { iterations, salt, ...proofDoc(credentials) },
      recovery: recovery && { created: recovery.created, ...proofDoc(recovery) },
      credentialsVersion,
    },
  };
}

type Proof = NonNullable<NonNullable<RecordOf<'user'>['account']>['recovery']>;
const proofDoc = ({ verifier, pepperId, sealedAccountKey }: Omit<Proof, 'created'>) => {
  return { verifier, pepper: pepperId, key: binary(sealedAccountKey) };
};

export function sessionRecord(doc: SessionDoc): RecordOf<'session'> {
  const { id, user, device, deviceName, started, token, rotated, previous, successor, expires, ended } = doc;
  return {
    kind: 'session',
    id,
    user,
    device,
    deviceName,
    started,
    token: plain(token),
    rotated,
    previous: previous && plain(previous),
    successor: successor && plain(successor),
    expires,
    ended,
  };
}

export function sessionDoc(record: RecordOf<'session'>, username: string): SessionDoc {
  const { kind: _, user, device, token, previous, successor, ...rest } = record;
  return {
    ...rest,
    _id: keyOf(user, device),
    user,
    device,
    username,
    token: binary(token),
    previous: previous && binary(previous),
    successor: successor && binary(successor),
  };
}

export function installationRecord({ _id, current, previous }: InstallationDoc): RecordOf<'installation'> {
  const [user, device] = _id.split(' ') as [UserId, DeviceId];
  return { kind: 'installation', user, device, current, previous };
}

export function installationDoc(record: RecordOf<'installation'>): InstallationDoc {
  const { user, device, current, previous } = record;
  return { _id: keyOf(user, device), current, previous };
}

export function pairRecord(doc: PairDoc): RecordOf<'pair'> {
  const { _id, state, by, blockedBy, version, time, low, high } = doc;
  return { kind: 'pair', pair: _id, state, by, blockedBy: [...blockedBy], version, time, low, high };
}

/** `talked` is said with the first message or call. */
export function pairDoc({ kind: _, pair, ...rest }: RecordOf<'pair'>): PairDoc {
  return { ...rest, _id: pair, members: membersOf(pair), rev: 0, talked: false };
}

export function messageRecord(doc: MessageDoc): RecordOf<'message'> {
  const { pair, n, from, op, time, envelope } = doc;
  return { kind: 'message', pair, n, from, op, time, envelope: plain(envelope) };
}

export function messageDoc(record: RecordOf<'message'>): MessageDoc {
  const { kind: _, envelope, ...rest } = record;
  return { ...rest, _id: keyOf(record.from, record.op), envelope: binary(envelope) };
}

export function callRecord(doc: CallDoc): RecordOf<'call'> {
  const { callee: _, ...call } = storedOf(doc);
  return { kind: 'call', pair: doc.pair, ...call };
}

export function docOfCall({ kind: _, pair, ...call }: RecordOf<'call'>): CallDoc {
  return callDoc(pair, { ...call, callee: peerIn(pair, call.caller) });
}

export function entryRecord({ user, seq, tag, time, ...line }: LogDoc): RecordOf<'entry'> {
  return { kind: 'entry', user, seq, tag, time, subject: subjectOf(line, pairOf(user, line.peer)) };
}

function subjectOf(
  { kind, call, at }: Pick<LogDoc, 'kind' | 'call' | 'at'>,
  pair: PairId,
): RecordOf<'entry'>['subject'] {
  switch (kind) {
    case 'message':
      return { of: kind, pair, n: at };
    case 'account':
      return { of: kind, revision: at };
    case 'receipt':
      return { of: kind, pair };
    case 'call':
      return { of: kind, pair, call: call ?? ('' as OpId) };
    case 'keys':
    case 'friend':
      return { of: 'friend', pair };
  }
}

/** `bytes` of the envelope, for a message. */
export function entryDoc({ user, seq, tag, time, subject }: RecordOf<'entry'>, bytes: number): LogDoc {
  const peer = subject.of === 'account' ? user : peerIn(subject.pair, user);
  const { of: kind } = subject;
  const call = subject.of === 'call' ? { call: subject.call } : {};
  // Below 0 no change of a pair or a call will ever come to be.
  const at = kind === 'message' ? subject.n : kind === 'account' ? subject.revision : -seq;
  const name = entryName({ kind, peer, at, ...call });
  return { _id: keyOf(user, name), user, seq, tag, kind, peer, ...call, at, time, bytes };
}

/** `message` is what stands under the operation's id, when it has no result of its own. Undefined: nothing came of it. */
export function operationRecord(
  { _id, digest, result }: OperationDoc,
  message: MessageDoc | undefined,
): RecordOf<'operation'> | undefined {
  const [user, op] = _id.split(' ') as [UserId, OpId];
  const found = result ?? (message && (message.refusal ?? { ok: true, time: message.time, n: message.n }));
  if (!found) return undefined;
  const common = { kind: 'operation', user, op, digest: plain(digest) } as const;
  return found.ok
    ? { ...common, time: found.time, n: found.n, code: null, bundle: null }
    : { ...common, time: null, n: null, code: found.code, bundle: found.bundle && plain(found.bundle) };
}

export function operationDoc(record: RecordOf<'operation'>): OperationDoc {
  const { user, op, digest, time, n, code, bundle } = record;
  const result: ResultDoc =
    code === null ? { ok: true, time: time ?? 0, n } : { ok: false, code, bundle: bundle && binary(bundle) };
  return { _id: keyOf(user, op), digest: binary(digest), token: new ObjectId(), intent: null, result };
}

export function reportRecord({ from, about, reason, note, time }: ReportDoc): RecordOf<'report'> {
  return { kind: 'report', from, about, reason, note, time };
}

export function reportDoc({ kind: _, ...report }: RecordOf<'report'>): ReportDoc {
  return { ...report, _id: keyOf(report.from, report.about), order: new ObjectId() };
}
