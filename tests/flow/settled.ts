import { until } from '../support/wait.ts';
import { type Person, texts } from './person.ts';

/** Waits until everybody shows the same `messages` messages and nothing waits to be sent, and returns their texts. */
export async function everythingSettled(people: readonly Person[], messages: number): Promise<string[]> {
  return until(
    async () => {
      for (const { page } of people) {
        const queued = await page.locator('.tick:is([data-tick=writing], [data-tick=queued])').count();
        if (queued > 0) throw new Error(`${queued} messages on the screen wait to be sent.`);
      }
      const readOne = async (person: Person) => {
        const shown = await person.readAll();
        const unsent = shown.filter(
          ({ tick }) => tick === 'writing' || tick === 'queued' || tick === 'failed',
        );
        if (unsent.length > 0) throw new Error(`Not sent: ${JSON.stringify(unsent.slice(0, 5))}`);
        if (shown.length !== messages) throw new Error(`${shown.length} messages instead of ${messages}.`);
        return texts(shown);
      };
      const read = await Promise.all(people.map(readOne));
      const [first = [], ...others] = read;
      if (others.some((other) => other.join('\n') !== first.join('\n')))
        throw new Error('They do not show the same conversation.');
      return first;
    },
    { within: 90_000, every: 200, for: 'both sides to show all of the conversation' },
  );
}

/** What somebody said, in the order of the conversation, by the name that each of their messages begins with. */
export const saidBy = (name: string, said: readonly string[]): string[] =>
  said.filter((text) => text.startsWith(`${name} `));
