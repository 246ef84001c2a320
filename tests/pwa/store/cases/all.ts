import type { LocalStoreCase } from './case.ts';
import { CALL_CASES } from './calls.ts';
import { CHAIN_CASES } from './chain.ts';
import { EXPORT_CASES } from './export.ts';
import { HOLES_CASES } from './holes.ts';
import { KEYS_CASES } from './keys.ts';
import { KEYRING_CASES } from './keyring.ts';
import { OPEN_CONVERSATION_CASES } from './open-conversation.ts';
import { NOTICES_CASES } from './notices.ts';
import { READING_CASES } from './reading.ts';
import { STORAGE_CASES } from './storage.ts';
import { TRUST_CASES } from './trust.ts';
import { SEARCH_CASES } from './search.ts';
import { WINDOW_CASES } from './window.ts';
import { WRITING_CASES } from './writing.ts';

export const LOCAL_STORE_CASES: readonly LocalStoreCase[] = [
  ...WRITING_CASES,
  ...READING_CASES,
  ...HOLES_CASES,
  ...OPEN_CONVERSATION_CASES,
  ...WINDOW_CASES,
  ...SEARCH_CASES,
  ...KEYS_CASES,
  ...KEYRING_CASES,
  ...TRUST_CASES,
  ...CHAIN_CASES,
  ...CALL_CASES,
  ...NOTICES_CASES,
  ...STORAGE_CASES,
  ...EXPORT_CASES,
];
