import type { IncomingMessage } from 'node:http';
import { Failure } from '#shared/errors.ts';
import type { Bytes } from '#shared/ids.ts';
import type { Ctx } from '../context.ts';

/** A request's body of this content type. Throws BAD_FRAME for another type, FRAME_TOO_LARGE above `maxBytes`. */
export async function binaryBody(ctx: Ctx, type: string, maxBytes: number): Promise<Bytes> {
  if (!ctx.is(type)) throw new Failure('BAD_FRAME', `the content type must be ${type}`);
  try {
    return await read(ctx.req, maxBytes);
  } catch (error) {
    // What is still to come is not read, so nothing else can follow on this connection.
    ctx.set('Connection', 'close');
    throw error;
  }
}

/** Not by `for await`: leaving that early would take the answer's socket with it. */
function read(request: IncomingMessage, maxBytes: number): Promise<Bytes> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let length = 0;
    const settle = (): void => {
      request.off('data', take).off('end', finish).off('close', broken).off('error', broken);
      request.pause();
    };
    function take(chunk: Buffer): void {
      length += chunk.byteLength;
      chunks.push(chunk);
      if (length <= maxBytes) return;
      settle();
      reject(new Failure('FRAME_TOO_LARGE'));
    }
    function finish(): void {
      settle();
      resolve(new Uint8Array(Buffer.concat(chunks, length)));
    }
    function broken(): void {
      settle();
      reject(new Failure('BAD_FRAME', 'the request was cut short'));
    }
    if (Number(request.headers['content-length'] ?? 0) > maxBytes) {
      return reject(new Failure('FRAME_TOO_LARGE'));
    }
    // It may have broken off while the guards were at work.
    if (request.destroyed) return broken();
    request.on('data', take).on('end', finish).on('close', broken).on('error', broken);
  });
}
