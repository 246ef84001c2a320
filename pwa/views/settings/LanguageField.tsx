import { useId } from 'preact/hooks';
import { LANGUAGES } from '../../models/language.ts';
import type { Language } from '../../models/language.ts';
import { useApp } from '../app-context.ts';
import { chosenLanguage } from '../language.ts';
import { saySettings } from '../strings/settings.ts';

/** Each in its own words, so that whoever is lost in another one finds back. */
const NAMES: Record<Language, string> = { en: 'English', de: 'Deutsch' };

/** The language of the app: the browser's, or one that is chosen. The page starts again in it. */
export function LanguageField() {
  const { actions } = useApp();
  const id = useId();
  const chosen = chosenLanguage();
  return (
    <div class="field field-row">
      <label for={id}>{saySettings.language}</label>
      <span class="select">
        <select
          id={id}
          onChange={({ currentTarget }) =>
            actions.setLanguage(LANGUAGES.find((language) => language === currentTarget.value) ?? null)
          }
        >
          <option value="" selected={chosen === null}>
            {saySettings.themes.system}
          </option>
          {LANGUAGES.map((language) => (
            <option key={language} value={language} lang={language} selected={chosen === language}>
              {NAMES[language]}
            </option>
          ))}
        </select>
      </span>
    </div>
  );
}
