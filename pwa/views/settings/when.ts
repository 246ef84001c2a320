import { clockTime, dayOf, longDay } from '../format.ts';
import { saySettings } from '../strings/settings.ts';

/** When something was, in a sentence: `today at 09:30`, `on 7 May 2026`. */
export function whenAt(at: number, today: number): string {
  if (dayOf(at) >= today) return saySettings.when.today(clockTime(at));
  // The hour before today's midnight is yesterday, however long that day was.
  return dayOf(at) === dayOf(today - 3_600_000)
    ? saySettings.when.yesterday(clockTime(at))
    : saySettings.when.on(longDay(at));
}
