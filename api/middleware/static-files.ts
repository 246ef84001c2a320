import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Middleware } from 'koa';
import sirv from 'sirv';
import { Failure } from '#shared/errors.ts';

const YEAR = 'public, max-age=31536000, immutable';
const NOT_BUILT = 'The app is not built yet. Run "npm run build", then start the server again.\n';

/**
 * The built app. Files under assets/ carry a hash in their name and are kept for ever; everything else is asked for
 * anew, above all sw.js and index.html, or an update would never arrive. Navigations anywhere get index.html.
 */
export function staticFiles(dir: string): Middleware {
  const built = existsSync(join(dir, 'index.html'));
  const serve = sirv(dir, {
    etag: true,
    // Looked up at each request, so that a new build is served without a restart.
    dev: true,
    setHeaders(res, path) {
      res.setHeader('Cache-Control', path.startsWith('/assets/') ? YEAR : 'no-cache');
    },
  });

  return async (ctx, next) => {
    if (ctx.method !== 'GET' && ctx.method !== 'HEAD') throw new Failure('METHOD_NOT_ALLOWED');
    if (!built && !existsSync(join(dir, 'index.html'))) {
      ctx.status = 503;
      ctx.body = NOT_BUILT;
      return;
    }
    const served = await new Promise<boolean>((resolve) => {
      const navigates = ctx.get('Accept').includes('text/html') && !/\.\w+$/.test(ctx.path);
      ctx.res.once('close', () => resolve(true));
      serve(ctx.req, ctx.res, () => {
        if (!navigates) return resolve(false);
        ctx.req.url = '/';
        serve(ctx.req, ctx.res, () => resolve(false));
      });
    });
    if (served) ctx.respond = false;
    else await next();
  };
}
