import type { ExcerptPart } from '../models/search.ts';
import { type Term, normalise, placeOf } from './normalise.ts';

/** How much of a message is shown before the first hit and after it, in UTF-16 units. */
const BEFORE = 48;
const AFTER = 160;
/** A letter with its marks, or anything else. */
const CLUSTER = /\P{M}\p{M}*|\p{M}+/gsu;

/** The sentence around the first hit, with what was found marked. A text without a hit is shown from its beginning. */
export function excerptOf(text: string, terms: readonly Term[]): readonly ExcerptPart[] {
  const hits = hitsIn(text, terms);
  const [from, to] = sentenceAround(text, hits[0]?.[0] ?? 0);
  const parts: ExcerptPart[] = [];
  const add = (start: number, end: number, hit: boolean) => {
    // A line break would take a line of the two that there is room for.
    const piece = text.slice(start, end).replaceAll(/\s+/gu, ' ');
    if (piece !== '') parts.push({ text: piece, hit });
  };
  let done = from;
  for (const [start, end] of hits) {
    if (start < done || start >= to) continue;
    add(done, start, false);
    done = Math.min(end, to);
    add(start, done, true);
  }
  add(done, to, false);
  if (from > 0) parts.unshift({ text: '…', hit: false });
  if (to < text.length) parts.push({ text: '…', hit: false });
  return parts;
}

/** Every place of every term in the text as it was written, in order: `[from, to)`. */
function hitsIn(text: string, terms: readonly Term[]): [from: number, to: number][] {
  // Normalised letter by letter, so that each place has one in the original.
  const starts: number[] = [];
  let plain = '';
  for (const { 0: cluster, index } of text.matchAll(CLUSTER)) {
    const piece = normalise(cluster);
    for (let unit = 0; unit < piece.length; unit++) starts.push(index);
    plain += piece;
  }
  starts.push(text.length);
  const original = (at: number) => starts[at] ?? text.length;
  const hits: [number, number][] = [];
  for (const term of terms) {
    for (let at = placeOf(term, plain); at !== -1; at = placeOf(term, plain, at + term.text.length)) {
      const last = at + term.text.length - 1;
      const next = starts.findIndex((start, unit) => unit > last && start > original(last));
      hits.push([original(at), next === -1 ? text.length : original(next)]);
    }
  }
  return hits.toSorted(([a], [b]) => a - b);
}

function sentenceAround(text: string, hit: number): [from: number, to: number] {
  const from = hit <= BEFORE ? 0 : beginningAfter(text, hit - BEFORE, hit);
  const most = from + BEFORE + AFTER;
  if (text.length <= most) return [from, text.length];
  const space = text.lastIndexOf(' ', most);
  return [from, space > hit ? space : wholeLetter(text, most)];
}

/** Where a sentence or else a word begins between both. */
function beginningAfter(text: string, from: number, hit: number): number {
  const before = text.slice(from, hit);
  const sentence = [...before.matchAll(/[.!?\n]\s+/gu)].at(-1);
  if (sentence !== undefined) return from + sentence.index + sentence[0].length;
  const space = before.search(/\s/u);
  return space === -1 ? wholeLetter(text, from) : from + space + 1;
}

/** Not between the two halves of a letter. */
function wholeLetter(text: string, at: number): number {
  const unit = text.charCodeAt(at);
  return unit >= 0xdc00 && unit <= 0xdfff ? at + 1 : at;
}
