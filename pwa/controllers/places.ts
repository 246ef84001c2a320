import type { UserId } from '#shared/ids.ts';
import type { Place } from '../models/timeline.ts';

/**
 * Where somebody was reading in each conversation, until they come to its end. It outlives the page, not the tab, and
 * says nothing of what was read.
 */
export interface Places {
  get(peer: UserId): Place | null;
  /** Null at the end of the conversation. */
  keep(peer: UserId, place: Place | null): void;
  forget(): void;
}

const KEY = 'nexchat-places';
/** The ones that were kept last. */
const MOST = 50;

export function createPlaces(): Places {
  const placeByPeer = new Map<UserId, Place>(read());
  // Not with each step of a finger on the screen: it has to be there when the page comes again.
  window.addEventListener('pagehide', () => {
    const kept = [...placeByPeer].slice(-MOST);
    if (kept.length === 0) sessionStorage.removeItem(KEY);
    else sessionStorage.setItem(KEY, JSON.stringify(kept));
  });
  return {
    get: (peer) => placeByPeer.get(peer) ?? null,
    keep(peer, place) {
      placeByPeer.delete(peer);
      if (place !== null) placeByPeer.set(peer, place);
    },
    forget() {
      placeByPeer.clear();
      sessionStorage.removeItem(KEY);
    },
  };
}

/** Written by this app alone, in this tab: whatever else it is, is as good as nothing. */
function read(): [UserId, Place][] {
  try {
    const kept: unknown = JSON.parse(sessionStorage.getItem(KEY) ?? '[]');
    return Array.isArray(kept) ? kept.filter(isKept) : [];
  } catch {
    // Not JSON.
    return [];
  }
}

function isKept(entry: unknown): entry is [UserId, Place] {
  if (!Array.isArray(entry)) return false;
  const [peer, place]: unknown[] = entry;
  if (typeof peer !== 'string' || typeof place !== 'object' || place === null) return false;
  return 'id' in place && typeof place.id === 'string' && 'at' in place && typeof place.at === 'number';
}
