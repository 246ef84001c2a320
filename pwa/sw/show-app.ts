/**
 * Brings a window of the app to the front: one that is looked at, else the one used last, else a new one. `path` is the
 * screen to show, `/` for whichever there is.
 */
export async function showApp(clients: Clients, path: string): Promise<void> {
  // The one that had the focus last comes first. One that was just reloaded by force belongs to no worker.
  const windows = await clients.matchAll({ type: 'window', includeUncontrolled: true });
  const open = windows.find(({ visibilityState }) => visibilityState === 'visible') ?? windows[0];
  if (open === undefined) {
    await clients.openWindow(path);
    return;
  }
  await open.focus();
  if (path !== '/') open.postMessage({ type: 'GO', path });
}
