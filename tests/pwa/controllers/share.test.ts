import { describe, expect, it } from 'vitest';
import { sharedIn } from '#pwa/controllers/navigation.ts';

describe('what another app shares', () => {
  const shared = (query: string, pathname = '/share') => sharedIn({ pathname, search: query });

  it('is title, text and address, each once and on a line of its own', () => {
    expect(shared('?title=A%20path&text=Along%20the%20ridge&url=https%3A%2F%2Fa.example%2F')).toBe(
      'A path\nAlong the ridge\nhttps://a.example/',
    );
    expect(shared('?title=Same&text=Same')).toBe('Same');
    expect(shared('?text=%20one%20')).toBe('one');
  });

  it('is nothing at other addresses, or when nothing is handed over', () => {
    expect(shared('?text=hi', '/')).toBeNull();
    expect(shared('?text=%20')).toBeNull();
    expect(shared('')).toBeNull();
  });

  it('is no longer than a message may be', () => {
    expect(shared(`?text=${'x'.repeat(20_000)}`)?.length).toBe(10_000);
  });
});
