/** The sounds of calls, made by the browser itself. */
export interface Ringtone {
  /** Instead of what sounds now; null for silence. The end of a call sounds once. */
  play(sound: Sound | null): void;
}
export type Sound = 'incoming' | 'ringback' | 'reconnecting' | 'end';

/** Frequency in Hz, and beginning and length in seconds. */
type Note = readonly [frequency: number, at: number, length: number];
interface Melody {
  readonly notes: readonly Note[];
  readonly volume: number;
  /** Seconds from one beginning to the next; 0 for once. */
  readonly every: number;
}

const MELODIES: Readonly<Record<Sound, Melody>> = {
  incoming: {
    notes: [
      [659, 0, 0.22],
      [784, 0.24, 0.22],
      [988, 0.48, 0.34],
      [784, 0.9, 0.22],
      [988, 1.14, 0.4],
    ],
    volume: 0.22,
    every: 3,
  },
  ringback: { notes: [[425, 0, 1]], volume: 0.06, every: 4 },
  reconnecting: {
    notes: [
      [523, 0, 0.12],
      [523, 0.2, 0.12],
    ],
    volume: 0.06,
    every: 3,
  },
  end: {
    notes: [
      [523, 0, 0.14],
      [392, 0.16, 0.24],
    ],
    volume: 0.1,
    every: 0,
  },
};

/** So that a note begins and ends without a click. */
const SOFT_S = 0.02;

export function createRingtone(note: (what: string, error: unknown) => void): Ringtone {
  let context: AudioContext | null = null;
  let now: Sound | null = null;
  let quiet = () => {};

  function begin(sound: Sound): void {
    const { notes, volume, every } = MELODIES[sound];
    const audio = (context ??= new AudioContext());
    const gain = audio.createGain();
    gain.gain.value = volume;
    gain.connect(audio.destination);
    let over = false;
    let waiting = false;
    const once = () => {
      // Without a gesture of the person since the page was opened this waits for one: silent, and no error.
      if (waiting) return;
      waiting = true;
      audio.resume().then(
        () => {
          waiting = false;
          if (!over) for (const one of notes) strike(audio, gain, one);
        },
        (error: unknown) => note('no ringtone', error),
      );
    };
    once();
    const timer = every === 0 ? undefined : setInterval(once, every * 1000);
    quiet = () => {
      over = true;
      clearInterval(timer);
      gain.disconnect();
    };
  }

  return {
    play(sound) {
      if (sound === now) return;
      // What sounds once sounds to its end.
      if (now !== 'end') quiet();
      quiet = () => {};
      now = sound;
      if (sound !== null) begin(sound);
    },
  };
}

function strike(audio: AudioContext, gain: GainNode, [frequency, at, length]: Note): void {
  const from = audio.currentTime + at;
  const tone = audio.createOscillator();
  const envelope = audio.createGain();
  tone.frequency.value = frequency;
  envelope.gain.setValueAtTime(0, from);
  envelope.gain.linearRampToValueAtTime(1, from + SOFT_S);
  envelope.gain.setValueAtTime(1, from + length - SOFT_S);
  envelope.gain.linearRampToValueAtTime(0, from + length);
  tone.connect(envelope).connect(gain);
  tone.start(from);
  tone.stop(from + length);
}
