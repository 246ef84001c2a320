import { dayName } from '../format.ts';
import { today } from '../use-today.ts';

/** The day that begins here; nothing where none does. */
export function DayLine(props: { day: number | null }) {
  if (props.day === null) return null;
  return (
    <p class="day">
      <span>{dayName(props.day, today.value)}</span>
    </p>
  );
}
