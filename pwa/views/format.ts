import { atFirstUse } from './at-first-use.ts';
import { LOCALE } from './language.ts';
import { say } from './strings.ts';

const times = (format: Intl.DateTimeFormatOptions) =>
  atFirstUse(() => new Intl.DateTimeFormat(LOCALE, format));
const clock = times({ hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
const weekday = times({ weekday: 'short' });
const longWeekday = times({ weekday: 'long' });
const date = times({ day: 'numeric', month: 'short' });
const dateWithYear = times({ day: 'numeric', month: 'short', year: 'numeric' });
const longDate = times({ weekday: 'long', day: 'numeric', month: 'long', year: 'numeric' });
const full = times({ dateStyle: 'full', timeStyle: 'medium' });

/** Makes what the first rows of the list are written with, while they are still being read. */
export function prepareFormats(): void {
  for (const format of [clock, weekday, date]) format();
}

/** The local midnight before `at`, both in milliseconds since 1970. */
export function dayOf(at: number): number {
  return new Date(at).setHours(0, 0, 0, 0);
}

/** Calendar days from `at` to `now`; rounding absorbs the hour that daylight saving adds or takes. */
function daysAgo(at: number, now: number): number {
  return Math.round((dayOf(now) - dayOf(at)) / 86_400_000);
}

/** `HH:MM` */
export function clockTime(at: number): string {
  return clock().format(at);
}

/** Everything about a moment, for a tooltip. */
export function fullTime(at: number): string {
  return full().format(at);
}

/** For the conversation list: the time today, the weekday this week, else the date. */
export function listTime(at: number, now: number): string {
  const days = daysAgo(at, now);
  if (days <= 0) return clock().format(at);
  if (days === 1) return say.conversation.yesterday;
  if (days < 7) return weekday().format(at);
  return new Date(at).getFullYear() === new Date(now).getFullYear()
    ? date().format(at)
    : dateWithYear().format(at);
}

/** For the separators of the timeline. */
export function dayName(at: number, now: number): string {
  const days = daysAgo(at, now);
  if (days <= 0) return say.conversation.today;
  if (days === 1) return say.conversation.yesterday;
  return days < 7 ? longWeekday().format(at) : longDate().format(at);
}

/** A day in full, for what happened long ago: `4 May 2026`. */
export function longDay(at: number): string {
  return dateWithYear().format(at);
}

const UNITS = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte'] as const;

/** `1.2 MB` */
export function byteSize(bytes: number): string {
  const at = Math.min(UNITS.length - 1, Math.max(0, Math.floor(Math.log10(Math.max(1, bytes)) / 3)));
  const unit = UNITS[at] ?? 'byte';
  const format = { style: 'unit', unit, unitDisplay: 'short', maximumSignificantDigits: 3 } as const;
  return new Intl.NumberFormat(LOCALE, format).format(bytes / 1000 ** at);
}

/** Up to two letters that stand for a name: `mira.okafor` gives `MO`. */
export function initials(name: string): string {
  const words = name.split(/[\s._-]+/u).filter((word) => word !== '');
  const letters = words.slice(0, 2).map((word) => [...word][0] ?? '');
  return letters.join('').toLocaleUpperCase(LOCALE);
}

/** The number of warm hues in styles/tokens.css. */
const HUES = 8;

/** Always the same hue for the same name (FNV-1a over its UTF-16 units). */
export function hueOf(name: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < name.length; i++) hash = Math.imul(hash ^ name.charCodeAt(i), 0x01000193);
  return (hash >>> 0) % HUES;
}

/** A fingerprint as its groups, whether it came with spaces or without. */
export function fingerprintGroups(fingerprint: string): string[] {
  const groups = fingerprint.split(/\s+/u).filter((group) => group !== '');
  return groups.length > 1 ? groups : (fingerprint.match(/.{1,4}/gu) ?? []);
}
