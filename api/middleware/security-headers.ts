import type { Middleware } from 'koa';
import type { Origins } from '../origins.ts';

/** What calls need is for our own pages; what nobody needs is for nobody. */
const PERMISSIONS = [
  'camera=(self)',
  'microphone=(self)',
  'display-capture=(self)',
  'autoplay=(self)',
  'fullscreen=(self)',
  'picture-in-picture=(self)',
  'geolocation=()',
  'payment=()',
  'usb=()',
].join(', ');

/** What the page may do, and nothing else. Sent with every answer, so that no answer can become a page. */
export function securityHeaders(origins: Origins): Middleware {
  return async (ctx, next) => {
    ctx.set({
      'Content-Security-Policy': contentSecurityPolicy(origins),
      'X-Content-Type-Options': 'nosniff',
      'Referrer-Policy': 'no-referrer',
      'Cross-Origin-Opener-Policy': 'same-origin',
      'Cross-Origin-Resource-Policy': 'same-origin',
      'Permissions-Policy': PERMISSIONS,
    });
    if (ctx.secure || origins.allSecure()) {
      ctx.set('Strict-Transport-Security', 'max-age=31536000');
    }
    await next();
  };
}

function contentSecurityPolicy(origins: Origins): string {
  // 'self' does not cover ws: in every browser, so our own sockets are named.
  const sockets = origins.list().map((origin) => origin.replace(/^http/, 'ws'));
  return [
    `default-src 'none'`,
    `script-src 'self'`,
    `style-src 'self'`,
    `img-src 'self' data: blob:`,
    `font-src 'self'`,
    `media-src 'self' blob:`,
    ['connect-src', `'self'`, ...sockets].join(' '),
    `worker-src 'self'`,
    `manifest-src 'self'`,
    `base-uri 'none'`,
    `form-action 'none'`,
    `frame-ancestors 'none'`,
    `require-trusted-types-for 'script'`,
    // The app's one policy: it vouches for the addresses of its workers.
    `trusted-types nexchat`,
  ].join('; ');
}
