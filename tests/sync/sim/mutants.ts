import type { Replacement } from './bundle.ts';

/** A bug that somebody might write, or once wrote. */
export interface Mutant extends Replacement {
  readonly name: string;
  /** The unit tests that find it, where the honest servers and clients of a simulation never or hardly ever do. */
  readonly unit?: string;
}

const CLIENT = 'sync/client/state.ts';
const SESSION = 'sync/server/session.ts';
const FRIEND = 'sync/server/commands/friend.ts';
const EXECUTE = 'sync/server/execute.ts';
const STORE = 'api/store/memory/sync.ts';
const CLIENT_TESTS = 'tests/sync/client-state.test.ts';
const SNAPSHOT_TESTS = 'tests/sync/client-snapshot.test.ts';
const COMMAND_TESTS = 'tests/sync/commands.test.ts';
const SESSION_TESTS = 'tests/sync/session.test.ts';

/** Every one of them has to be found. */
export const MUTANTS: readonly Mutant[] = [
  // --- the client's log
  {
    name: 'the cursor moves when a page is received',
    file: CLIENT,
    from: "return take({ ...state, head: Math.max(state.head, page.head) }, { kind: 'page', page });",
    to: `const ahead = { epoch: state.epoch, seq: page.to, tag: page.tag };
  return take({ ...state, cursor: ahead, head: Math.max(state.head, page.head) }, { kind: 'page', page });`,
  },
  {
    name: 'the hello does not wait for the page that is being stored',
    file: CLIENT,
    from: "if (state.phase !== 'connecting' || !state.opened || state.storing) return [state, []];",
    to: "if (state.phase !== 'connecting' || !state.opened) return [state, []];",
    unit: CLIENT_TESTS,
  },
  {
    name: 'the cursor moves with the first part of a snapshot',
    file: CLIENT,
    from: "return item.kind === 'part' && item.part.done ?",
    to: "return item.kind === 'part' ?",
  },
  {
    name: 'a resync forgets the cursor in memory, and nothing is offered again',
    file: CLIENT,
    from: "return take(forgotten, { kind: 'reset' });",
    to: 'return [{ ...forgotten, cursor: null }, []];',
  },
  {
    name: 'what was on its way at a resync counts as sent',
    file: CLIENT,
    from: "incoming, inFlight: new Set(), snapshot: 'due'",
    to: "incoming, snapshot: 'due'",
  },
  {
    name: 'between a resync and the reset it goes on sending',
    file: CLIENT,
    from: "if (state.incoming.some(({ kind }) => kind === 'reset')) return [state, []];",
    to: '',
  },
  {
    name: 'the epoch of the first welcome is kept for ever',
    file: CLIENT,
    from: 'epoch: welcome.epoch,',
    to: "epoch: state.epoch === '' ? welcome.epoch : state.epoch,",
  },
  {
    name: 'a full device never tries to store again',
    file: CLIENT,
    from: "return [failed, [{ kind: 'timer', name: 'store', ms: STORE_RETRY, jitter: false }]];",
    to: 'return [failed, []];',
  },
  {
    name: 'holes are not looked for',
    file: CLIENT,
    from: "return [{ ...state, looking: true }, [{ kind: 'find-hole' }]];",
    to: 'return [state, []];',
  },
  {
    name: 'receipts are sent whatever history their numbers are of',
    file: CLIENT,
    from: "if (op.kind === 'receipt' && !numbered) held.add(lane);",
    to: '',
  },
  {
    name: 'receipts in old numbers go out with the last part of a snapshot',
    file: CLIENT,
    from: 'const reloaded = renewed ? then(storeNext(stored), loadOutbox) : storeNext(stored);',
    to: `const flushed = renewed && item.kind === 'part' ? then(storeNext(stored), flush) : storeNext(stored);
  const reloaded = renewed ? then(flushed, loadOutbox) : flushed;`,
  },
  {
    name: 'the hello does not wait for the outbox to be read again',
    file: CLIENT,
    from: 'if (state.renaming || state.loading || !state.device) return [state, []];',
    to: `if (state.renaming || !state.device) return [state, []];
  if (state.exchanging && state.loading) return [state, []];`,
    unit: SNAPSHOT_TESTS,
  },
  {
    name: 'a hole that was found too late counts as asked for',
    file: CLIENT,
    from: 'return [next.histories === state.histories ? next : { ...next, lastHole: wish }, effects];',
    to: 'return [{ ...next, lastHole: wish }, effects];',
  },
  // --- the client's outbox
  {
    name: 'what is on its way is not put back in line when the connection ends',
    file: CLIENT,
    from: `      opened: false,
      inFlight: new Set(),
      histories`,
    to: `      opened: false,
      histories`,
  },
  {
    name: 'an operation that waits does not hold back its lane',
    file: CLIENT,
    from: 'if (answered.has(op.id) || (after !== null && unsettled.has(after))) held.add(lane);',
    to: 'if (answered.has(op.id) || (after !== null && unsettled.has(after))) continue;',
  },
  {
    name: 'an answer that could not be stored is forgotten',
    file: CLIENT,
    from: 'return state.exchanging ? pauseExchanges(state, code) : drop(state, code);',
    to: 'return [{ ...state, reason: code }, []];',
  },
  // --- the client's connection
  {
    name: 'it tries again without a wait',
    file: CLIENT,
    from: "{ kind: 'timer', name: 'retry', ms, jitter },",
    to: "{ kind: 'timer', name: 'retry', ms: 0, jitter },",
  },
  {
    name: 'a ping need not be answered',
    file: CLIENT,
    from: 'return [next, [...effects, answerWithin(ANSWER_LIMIT)]];',
    to: 'return [next, effects];',
  },
  {
    name: 'any frame disarms the limit on the welcome',
    file: CLIENT,
    from: "return [next, next.phase === 'live' ? [...alive, ...effects] : effects];",
    to: "return [next, next.phase === 'live' || next.phase === 'greeting' ? [...alive, ...effects] : effects];",
    unit: CLIENT_TESTS,
  },
  {
    name: 'a generation is named before it is kept',
    file: CLIENT,
    from: 'head: welcome.head,',
    to: 'head: welcome.head,\n    gen: welcome.gen,',
  },
  {
    name: 'what an exchange brought is dropped with it',
    file: CLIENT,
    from: 'const state: ClientState = { ...ended, exchanging: true };',
    to: 'const state: ClientState = { ...ended, exchanging: true, incoming: [] };',
  },
  // --- the server's session
  {
    name: 'a ping is answered without a look into the log',
    file: SESSION,
    from: "return [{ ...state, reading: true }, [pong, { kind: 'read', cursor: state.sent }]];",
    to: 'return [state, [pong]];',
  },
  {
    name: 'what was taken gives no credit',
    file: SESSION,
    from: 'untaken: withoutTaken(state.untaken, frame.seq) });',
    to: 'untaken: state.untaken });',
  },
  {
    name: 'what was sent is sent again',
    file: SESSION,
    from: 'sent: empty ? state.sent : { epoch: state.epoch, seq: page.to, tag: page.tag },',
    to: 'sent: state.sent,',
  },
  {
    name: 'operations of a lane are carried out at once',
    file: SESSION,
    from: "if (waiting.length === 0 && state.phase === 'live') effects",
    to: "if (state.phase === 'live') effects",
  },
  {
    name: 'an outdated key lets the rest of the lane pass',
    file: SESSION,
    from: "if (!result.ok && result.code === 'STALE_KEY') {",
    to: "if (!result.ok && result.code === 'SELF_TARGET') {",
  },
  {
    name: 'an operation that failed for now is never answered',
    file: SESSION,
    from: `    case 'failed':
      return end(state, event.code);`,
    to: `      return end(state, event.code);
    case 'failed':
      return [state, []];`,
  },
  {
    name: 'what was said with a cursor of another history is carried out',
    file: SESSION,
    from: "const deaf = page === 'resync';",
    to: 'const deaf = false;',
  },
  {
    name: 'after a resync nothing is heard any more',
    file: SESSION,
    from: 'return readMore({ ...state, deaf: false,',
    to: 'return readMore({ ...state,',
  },
  // --- the server's executor and store
  {
    name: 'a message is answered before it is durable',
    file: EXECUTE,
    from: 'if (!effect && !record) return result;',
    to: `if (!effect && !record) return result;
      if (effect?.kind === 'message') {
        void store.commit({ actor, op: op.id, digest: fingerprint, time: clock.now(), record, effect, result });
        return result;
      }`,
  },
  {
    name: 'authorisation comes before deduplication',
    file: EXECUTE,
    from: 'if (earlier) return equalBytes(earlier.digest, fingerprint) ? earlier.result : reused(op);',
    to: `if (earlier) {
        const again = decide(op, await readFacts(actor, op)).result;
        return again.ok ? earlier.result : again;
      }`,
  },
  {
    name: 'a decision on facts that moved is answered all the same',
    file: EXECUTE,
    from: `        case 'conflict':
          continue;`,
    to: `        case 'conflict':
          return result;`,
  },
  {
    name: 'whoever is no friend may write',
    file: 'sync/server/commands/message.ts',
    from: "if (relation.state !== 'friends') return refuse(op.id, 'NOT_FRIENDS');",
    to: '',
  },
  {
    name: 'blocking a friend leaves the friendship',
    file: FRIEND,
    from: "const ends = blocks && (relation.state === 'friends' || relation.state === 'requested');",
    to: "const ends = blocks && relation.state === 'requested';",
  },
  {
    name: 'blocking leaves an open request',
    file: FRIEND,
    from: "const ends = blocks && (relation.state === 'friends' || relation.state === 'requested');",
    to: "const ends = blocks && relation.state === 'friends';",
  },
  {
    name: 'unblocking forgets what was asked meanwhile',
    file: FRIEND,
    from: "...(ends && { state: 'none', by: null, time: now })",
    to: "...((ends || !blocks) && { state: 'none', by: null, time: now })",
  },
  {
    name: 'who has blocked somebody may accept what they ask',
    file: FRIEND,
    from: 'relation.by === target.id && !blocks;',
    to: 'relation.by === target.id;',
    unit: COMMAND_TESTS,
  },
  {
    name: 'who is blocked is told that something changed',
    file: STORE,
    from: 'const touched = membersWhoSee(pair, relationOf(pair), next);',
    to: 'const touched = next.blockedBy.length > 0 ? membersOf(pair) : membersWhoSee(pair, relationOf(pair), next);',
  },
  {
    name: 'a snapshot leaves out who is blocked',
    file: STORE,
    from: "state !== 'none' || blockedBy.includes(user) || ",
    to: "state !== 'none' || blockedBy.length > 2 || ",
  },
  {
    name: 'a snapshot takes its cursor at its end',
    file: STORE,
    from: 'const position = after ?? logs.last(user) ?? { seq: 0, tag: 0 };',
    to: 'const position = logs.last(user) ?? { seq: 0, tag: 0 };',
  },
  // --- what only a dishonest server or a closer look can show
  {
    name: 'a page over a gap is taken',
    file: CLIENT,
    from: "state.snapshot === 'none' && page.from === receivedTo(state);",
    to: "state.snapshot === 'none';",
    unit: CLIENT_TESTS,
  },
  {
    name: 'an unknown critical entry is passed over',
    file: CLIENT,
    from: "'critical' in entry && entry.critical === true",
    to: "'critical' in entry && entry.critical === 1",
    unit: CLIENT_TESTS,
  },
  {
    name: 'a generation is never kept',
    file: CLIENT,
    from: "if (welcome.gen !== state.gen) effects.push({ kind: 'keep-generation', gen: welcome.gen });",
    to: '',
    unit: CLIENT_TESTS,
  },
  {
    name: 'a message goes before the acceptance that it depends on',
    file: CLIENT,
    from: ' || (after !== null && unsettled.has(after))',
    to: ' || (after !== null && after === op.id)',
    unit: CLIENT_TESTS,
  },
  {
    name: 'a hole that can not be filled is asked for again and again',
    file: CLIENT,
    from: 'if (!wish || (state.lastHole && sameWish(state.lastHole, wish))) return [state, []];',
    to: 'if (!wish) return [state, []];',
    unit: SNAPSHOT_TESTS,
  },
  {
    name: 'what grows during a read is not read afterwards',
    file: SESSION,
    from: 'if (state.reading) return [{ ...state, grewMeanwhile: true }, []];',
    to: 'if (state.reading) return [state, []];',
    unit: SESSION_TESTS,
  },
  {
    name: 'watermarks rise above the last message',
    file: 'sync/server/commands/receipt.ts',
    from: 'Math.min(op.delivered, conversation.head)',
    to: 'op.delivered',
    unit: COMMAND_TESTS,
  },
];
