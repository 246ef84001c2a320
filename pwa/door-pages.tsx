import { renderToString } from 'preact-render-to-string';
import type { Actions } from './controllers/actions.ts';
import { createModels } from './models/models.ts';
import { AppContextProvider } from './views/app-context.ts';
import { Door } from './views/door/Door.tsx';
import { CATALOGUES } from './views/learn.ts';
import { speak } from './views/strings.ts';

/** What `index.html` shows until there is more to see. */
const SPLASH = /<div id="app">[^]*?<\/main>\s*<\/div>/;

// Whoever runs this in the middle of a build can't import anything later.
const others = await Promise.all(
  Object.entries(CATALOGUES).map(async ([language, load]) => [language, await load()] as const),
);

/**
 * The page of a newcomer in every language of the app, by its tag: `index.html` with the door in the place of the splash,
 * so that it is read before any script has come; main.tsx brings it to life then.
 */
export function doorPages(index: string): Record<string, string> {
  if (!SPLASH.test(index)) throw new Error('index.html has no splash.');
  const page = () =>
    index
      // A closed one: nothing of it is to be used before there is a script that does what it says.
      .replace(SPLASH, () => `<div id="app" inert>${drawDoor()}</div>`)
      // The words come before what makes them work.
      .replace('<script type="module"', '<script type="module" fetchpriority="low"');
  const pages: Record<string, string> = { en: page() };
  for (const [language, { dir, words }] of others) {
    speak(words);
    pages[language] = page().replace('lang="en" dir="ltr"', `lang="${language}" dir="${dir}"`);
  }
  return pages;
}

const models = createModels();
models.session.phase.value = 'signed-out';
// Nothing is pressed, and nothing happens that would be told.
const app = { models, actions: Object.create(null) as Actions, announce: () => undefined };

function drawDoor(): string {
  const door = renderToString(
    <AppContextProvider.Provider value={app}>
      <Door />
    </AppContextProvider.Provider>,
  );
  return door.replaceAll('<input ', '<input readonly ');
}
