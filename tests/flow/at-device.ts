import type { Page } from 'playwright-core';

/**
 * Which keyring of the account this device has taken over, read from its database: what the server has, a device stores
 * only when it hears of it. Its place is in shared/crypto/keyring.ts: format u8, revision u32.
 */
export async function keyringOnDevice(page: Page): Promise<number> {
  const head = await page.evaluate(async () => {
    const databases = await indexedDB.databases();
    const name = databases.find(
      (one) => one.name?.startsWith('nexchat-') && one.name !== 'nexchat-device',
    )?.name;
    if (name === undefined) throw new Error('Nobody has a database here.');
    return new Promise<number[]>((resolve, reject) => {
      const open = indexedDB.open(name);
      open.addEventListener('error', () => reject(new Error(`${name} can’t be opened.`)));
      open.addEventListener('success', () => {
        const db = open.result;
        const get = db.transaction('keys').objectStore('keys').get('copies');
        get.addEventListener('error', () => reject(new Error('The keys can’t be read.')));
        get.addEventListener('success', () => {
          db.close();
          resolve([...(get.result.keyring as Uint8Array).subarray(0, 5)]);
        });
      });
    });
  });
  return new DataView(Uint8Array.from(head).buffer).getUint32(1);
}
