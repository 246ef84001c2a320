import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import type { Context, Middleware } from 'koa';
import sirv from 'sirv';
import { Failure } from '#shared/errors.ts';
import { readCookie } from '../cookie.ts';

const YEAR = 'public, max-age=31536000, immutable';
/** The door in a language, as the build names it. */
const DOOR = /^door\.(\w+)\.html$/;
/** What the page at an address depends on. */
const BY_VISITOR = 'Accept-Encoding, Accept-Language, Cookie';
const NOT_BUILT = 'The app is not built yet. Run "npm run build", then start the server again.\n';

/**
 * The built app. Files under assets/ carry a hash in their name and are kept for ever; everything else is asked for
 * anew, above all sw.js and index.html, or an update would never arrive. Navigations anywhere get index.html, or the door
 * in their language where nobody is signed in. What the build left compressed beside a file is sent instead of it to
 * whoever takes that.
 */
export function staticFiles(dir: string): Middleware {
  const built = existsSync(join(dir, 'index.html'));
  const serve = sirv(dir, {
    etag: true,
    // Looked up at each request, so that a new build is served without a restart.
    dev: true,
    extensions: ['html'],
    gzip: true,
    brotli: true,
    setHeaders(res, path) {
      res.setHeader('Cache-Control', path.startsWith('/assets/') ? YEAR : 'no-cache');
      if (path === '/' || DOOR.test(path.slice(1))) res.setHeader('Vary', BY_VISITOR);
    },
  });

  /** Under which name the page for this visitor lies. */
  const pageFor = (ctx: Context): string => {
    if (readCookie(ctx) !== undefined) return '/';
    const languages = doorLanguages(dir);
    const language = ctx.acceptsLanguages(...languages) || 'en';
    return languages.includes(language) ? `/door.${language}.html` : '/';
  };

  return async (ctx, next) => {
    if (ctx.method !== 'GET' && ctx.method !== 'HEAD') throw new Failure('METHOD_NOT_ALLOWED');
    if (hasDotSegment(ctx.path)) throw new Failure('NOT_FOUND');
    if (!built && !existsSync(join(dir, 'index.html'))) {
      ctx.status = 503;
      ctx.body = NOT_BUILT;
      return;
    }
    if (!isUsableRange(ctx)) delete ctx.req.headers.range;
    ctx.res.once('pipe', (file: Readable) => {
      // sirv leaves the file open when the reader goes away, and a file that vanished unheard.
      ctx.res.once('close', () => file.destroy());
      file.once('error', (error) => ctx.res.destroy(error));
    });
    const served = await new Promise<boolean>((resolve) => {
      const navigates = ctx.get('Accept').includes('text/html') && !/\.\w+$/.test(ctx.path);
      ctx.res.once('close', () => resolve(true));
      if (navigates) ctx.req.url = pageFor(ctx);
      serve(ctx.req, ctx.res, () => resolve(false));
    });
    if (served) ctx.respond = false;
    else await next();
  };
}

/** The languages in which the build has drawn the door, English first. */
function doorLanguages(dir: string): string[] {
  const languages = readdirSync(dir).flatMap((name) => DOOR.exec(name)?.[1] ?? []);
  return languages.toSorted((a, b) => Number(b === 'en') - Number(a === 'en'));
}

/** Files and folders that start with a dot are the build's own. sirv decodes a path before it looks, so we do too. */
function hasDotSegment(path: string): boolean {
  try {
    return decodeURI(path).includes('/.');
  } catch {
    // What can't be decoded is taken by its letters, there as here.
    return path.includes('/.');
  }
}

/**
 * Whether sirv can be left to answer the Range header, which it takes without a check. Any other form may be ignored:
 * the answer is the whole file (RFC 9110, 14.2). It reads "-500" as an end and an end of 0 as none, and knows no
 * If-Range. A start behind the end of the file it answers with 416.
 */
function isUsableRange(ctx: Context): boolean {
  const [, first, last] = /^bytes=(\d{1,15})-(\d{0,15})$/.exec(ctx.get('Range')) ?? [];
  if (first === undefined || ctx.method !== 'GET' || ctx.get('If-Range') !== '') return false;
  return last === '' || (Number(last) > 0 && Number(last) >= Number(first));
}
