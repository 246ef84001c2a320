import { render } from 'preact';
import { createModels } from '../models/models.ts';
import { App } from '../views/App.tsx';
import { adopt, learn } from '../views/learn.ts';
import { createFakeActions } from './fake-actions.ts';
import { pseudo } from './pseudo.ts';
import { STATES } from './states.ts';

/**
 * Every screen in every state, with invented people and no store, server or keys: `?state=conversation&theme=dark`.
 * Without a state it lists them. `&words=pseudo` marks every word that comes from the catalogues and writes from right to
 * left; `&dir=rtl` only does the latter. The language is the browser’s.
 */
const wanted = new URLSearchParams(location.search);
const state = STATES[wanted.get('state') ?? ''];
const theme = wanted.get('theme');
const root = document.getElementById('app');
if (root === null) throw new Error('gallery.html has lost its root');
if (wanted.get('words') === 'pseudo') adopt(pseudo());
else await learn();
document.documentElement.dir = wanted.get('dir') ?? document.documentElement.dir;

if (state === undefined) {
  render(<Contents />, root);
} else {
  const models = createModels();
  if (theme === 'light' || theme === 'dark') models.shell.theme.value = theme;
  const calls: string[] = [];
  state(models);
  render(<App models={models} actions={createFakeActions(models, (call) => calls.push(call))} />, root);
  // For tests and the console: what the views see, and what they asked for.
  Object.assign(window, { gallery: { models, calls } });
}

function Contents() {
  return (
    <main>
      <h1>Gallery</h1>
      <ul>
        {Object.keys(STATES).map((name) => (
          <li key={name}>
            {name}: <a href={`?state=${name}&theme=light`}>light</a>{' '}
            <a href={`?state=${name}&theme=dark`}>dark</a>
          </li>
        ))}
      </ul>
    </main>
  );
}
