import type { Replacement } from './bundle.ts';

/** A bug that somebody might write, or once wrote. */
export interface Mutant extends Replacement {
  readonly name: string;
  /** The unit tests that find it, where the honest servers and clients of a simulation never or hardly ever do. */
  readonly unit?: string;
}

const CLIENT = 'sync/client/state.ts';
const CORE = 'sync/client/core.ts';
const CONNECTION = 'sync/client/connection.ts';
const INCOMING = 'sync/client/incoming.ts';
const OUTGOING = 'sync/client/outgoing.ts';
const CALLS = 'sync/client/calls.ts';
const SESSION = 'sync/server/session.ts';
const FRIEND = 'sync/server/commands/friend.ts';
const EXECUTE = 'sync/server/execute.ts';
const CALL = 'sync/server/commands/call.ts';
const SERVER_CALLS = 'sync/server/calls.ts';
const STORE = 'api/store/memory/sync.ts';
const STORED_CALLS = 'api/store/memory/calls.ts';
const CLIENT_TESTS = 'tests/sync/client-state.test.ts';
const SNAPSHOT_TESTS = 'tests/sync/client-snapshot.test.ts';
const EXCHANGE_TESTS = 'tests/sync/client-exchange.test.ts';
const CALL_TESTS = 'tests/sync/client-calls.test.ts';
const COMMAND_TESTS = 'tests/sync/commands.test.ts';
const CALL_COMMAND_TESTS = 'tests/sync/call-commands.test.ts';
const SERVER_CALL_TESTS = 'tests/sync/calls.test.ts';
const SESSION_TESTS = 'tests/sync/session.test.ts';

/** Every one of them has to be found. */
export const MUTANTS: readonly Mutant[] = [
  // --- the client's log
  {
    name: 'the cursor moves when a page is received',
    file: INCOMING,
    from: "return take({ ...state, head: Math.max(state.head, page.head) }, { kind: 'page', page });",
    to: `const ahead = { epoch: state.epoch, seq: page.to, tag: page.tag };
  return take({ ...state, cursor: ahead, head: Math.max(state.head, page.head) }, { kind: 'page', page });`,
  },
  {
    name: 'the hello does not wait for the page that is being stored',
    file: CONNECTION,
    from: "if (state.phase !== 'connecting' || !state.opened || state.storing) return [state, []];",
    to: "if (state.phase !== 'connecting' || !state.opened) return [state, []];",
    unit: CLIENT_TESTS,
  },
  {
    name: 'the cursor moves with the first part of a snapshot',
    file: INCOMING,
    from: "return item.kind === 'part' && item.part.done ?",
    to: "return item.kind === 'part' ?",
  },
  {
    name: 'a resync forgets the cursor in memory, and nothing is offered again',
    file: INCOMING,
    from: "return take(forgotten, { kind: 'reset' });",
    to: 'return [{ ...forgotten, cursor: null }, []];',
  },
  {
    name: 'what was on its way at a resync counts as sent',
    file: INCOMING,
    from: 'inFlight: new Set(),\n    callsInFlight',
    to: 'callsInFlight',
  },
  {
    name: 'between a resync and the reset it goes on sending',
    file: CORE,
    from: "if (state.incoming.some(({ kind }) => kind === 'reset')) return false;",
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
    file: INCOMING,
    from: "return [failed, [{ kind: 'timer', name: 'store', ms: STORE_RETRY, jitter: false }]];",
    to: 'return [failed, []];',
  },
  {
    name: 'holes are not looked for',
    file: INCOMING,
    from: "return [{ ...state, looking: true }, [{ kind: 'find-hole' }]];",
    to: 'return [state, []];',
  },
  {
    name: 'receipts are sent whatever history their numbers are of',
    file: OUTGOING,
    from: "if (op.kind === 'receipt' && !numbered) held.add(lane);",
    to: '',
  },
  {
    name: 'receipts in old numbers go out with the last part of a snapshot',
    file: CLIENT,
    from: 'return onStored(state, event.item);',
    to: `return event.item.kind === 'part' && event.item.part.done
        ? andThen(onStored(state, event.item), flush)
        : onStored(state, event.item);`,
  },
  {
    name: 'the hello does not wait for the outbox to be read again',
    file: CONNECTION,
    from: 'if (state.renaming || state.loading || !state.device) return [state, []];',
    to: `if (state.renaming || !state.device) return [state, []];
  if (state.exchanging && state.loading) return [state, []];`,
    unit: SNAPSHOT_TESTS,
  },
  {
    name: 'a hole that was found too late counts as asked for',
    file: INCOMING,
    from: 'return [next.histories === state.histories ? next : { ...next, lastHole: wish }, effects];',
    to: 'return [{ ...next, lastHole: wish }, effects];',
  },
  {
    name: 'a hole that an exchange was silent about counts as asked for',
    file: CONNECTION,
    from: 'lastHole: state.histories.size > 0 ? null : state.lastHole,',
    to: '',
    unit: EXCHANGE_TESTS,
  },
  {
    name: 'a piece of history that found no room counts as asked for',
    file: CONNECTION,
    from: 'park({ ...state, lastHole: null }, reason',
    to: 'park(state, reason',
    unit: EXCHANGE_TESTS,
  },
  // --- the client's outbox
  {
    name: 'what is on its way is not put back in line when the connection ends',
    file: CONNECTION,
    from: `      opened: false,
      inFlight: new Set(),
      histories`,
    to: `      opened: false,
      histories`,
  },
  {
    name: 'an operation that waits does not hold back its lane',
    file: OUTGOING,
    from: 'if (answered.has(op.id) || (after !== null && unsettled.has(after))) held.add(lane);',
    to: 'if (answered.has(op.id) || (after !== null && unsettled.has(after))) continue;',
  },
  {
    name: 'an answer that could not be stored is forgotten',
    file: CONNECTION,
    from: 'return state.exchanging ? pauseExchanges(state, code) : drop(state, code);',
    to: 'return [{ ...state, reason: code }, []];',
  },
  // --- the client's connection
  {
    name: 'it tries again without a wait',
    file: CONNECTION,
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
    file: CONNECTION,
    from: 'const state: ClientState = { ...ended, exchanging: true };',
    to: 'const state: ClientState = { ...ended, exchanging: true, incoming: [] };',
  },
  {
    name: 'what is about calls was sent once and is never sent again',
    file: CONNECTION,
    from: `      histories: new Map(),
      callsInFlight: new Set(),`,
    to: '      histories: new Map(),',
    unit: CALL_TESTS,
  },
  {
    name: 'a resync forgets what was said about calls',
    file: INCOMING,
    from: '    callsInFlight: new Set(),\n',
    to: '',
    unit: CALL_TESTS,
  },
  {
    name: 'what became of a call is stored like any result',
    file: CALLS,
    from: 'others: results.filter((result) => !isAboutCall(result))',
    to: 'others: results',
    unit: CALL_TESTS,
  },
  {
    name: 'what is about calls waits behind the outbox',
    file: OUTGOING,
    from: 'return andThen(sayCalls(state), sayOutbox);',
    to: 'return andThen(sayOutbox(state), sayCalls);',
    unit: CALL_TESTS,
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
  // --- calls
  {
    name: 'two who call each other at once are in two calls',
    file: STORED_CALLS,
    from: 'return expect === 0 ? !before && !liveByPair.has(pair) :',
    to: 'return expect === 0 ? !before :',
  },
  {
    name: 'of two answers the last one counts',
    file: STORED_CALLS,
    from: 'before?.version === expect;',
    to: 'before !== undefined;',
  },
  {
    name: 'what is over can be ended once more',
    file: 'shared/call.ts',
    from: 'if (!isLive(call)) return undefined;\n      if (step.reason',
    to: 'if (step.reason',
  },
  {
    name: 'who is in a call may start another',
    file: CALL,
    from: "if (live.mine.some((other) => other !== theirs)) return refuse(op.id, 'IN_CALL');",
    to: '',
  },
  {
    name: 'somebody who is in a call is rung all the same',
    file: CALL,
    from: 'const busy = live.theirs.length > 0;',
    to: 'const busy = live.theirs.length > 99;',
  },
  {
    name: 'a step of a call is told to the callee only',
    file: CALL,
    from: "step.kind === 'see' ? [next.callee] : membersOf(pair);",
    to: '[next.callee];',
  },
  {
    name: 'nobody looks for calls that go on for ever',
    file: SERVER_CALLS,
    from: 'of await store.overdueCalls(before, CALLS_PER_ROUND)',
    to: 'of (await store.overdueCalls(before, CALLS_PER_ROUND)).slice(1)',
  },
  {
    name: 'a call rings for a second',
    file: SERVER_CALLS,
    from: 'ringing: now - RING_MS,',
    to: 'ringing: now - 1_000,',
  },
  {
    name: 'whoever knows a device may speak to it',
    file: SERVER_CALLS,
    from: 'live.some((call) => speaksFrom(call, from, device) && speaksFrom(call, to, toDevice))',
    to: 'live.some((call) => call.caller === to || call.callee === to)',
  },
  {
    name: 'a call outlives the friendship',
    file: EXECUTE,
    from: 'if (result.ok && MAY_PART_CALLERS.has(op.kind)) {',
    to: 'if (false as boolean) {',
    unit: SERVER_CALL_TESTS,
  },
  {
    name: 'a call that starts while the friendship ends outlives it',
    file: EXECUTE,
    from: "  'call.start',\n]);",
    to: ']);',
    unit: SERVER_CALL_TESTS,
  },
  {
    name: 'a second device is told that it has answered',
    file: CALL,
    from: "call.calleeDevice === op.device ? accept(op.id, now, null) : refuse(op.id, 'CALL_TAKEN')",
    to: 'accept(op.id, now, null)',
    unit: CALL_COMMAND_TESTS,
  },
  // --- what only a dishonest server or a closer look can show
  {
    name: 'a page over a gap is taken',
    file: INCOMING,
    from: "state.snapshot === 'none' && page.from === receivedTo(state);",
    to: "state.snapshot === 'none';",
    unit: CLIENT_TESTS,
  },
  {
    name: 'an unknown critical entry is passed over',
    file: INCOMING,
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
    file: OUTGOING,
    from: ' || (after !== null && unsettled.has(after))',
    to: ' || (after !== null && after === op.id)',
    unit: CLIENT_TESTS,
  },
  {
    name: 'a hole that can not be filled is asked for again and again',
    file: INCOMING,
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
