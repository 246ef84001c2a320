import { LANGUAGE_KEY } from '../models/language.ts';
import type { Language } from '../models/language.ts';

interface LanguageDeps {
  /** Resolves when nothing that was typed would be lost by a reload. */
  readonly beforeReload: () => Promise<void>;
  readonly report: (error: unknown) => void;
}

/** The choice of a language; null leaves it to the browser. Words are read once, at the start, so the page starts again. */
export function createLanguage({ beforeReload, report }: LanguageDeps) {
  return {
    setLanguage(chosen: Language | null): void {
      if (chosen === null) localStorage.removeItem(LANGUAGE_KEY);
      else localStorage.setItem(LANGUAGE_KEY, chosen);
      beforeReload().then(() => location.reload(), report);
    },
  };
}
