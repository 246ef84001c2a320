import { measureHere } from './crypto-work.ts';

/** The work in a page: crypto.ts calls it there. */
Object.assign(globalThis, { measureHere });
