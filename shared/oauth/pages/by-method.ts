import type { Handler, HttpCall, HttpReply } from '../../http/call.ts';
import { Fault } from '../../http/fault.ts';

/** Bytes of a form that a page has sent. */
export const PAGE_BODY = 64 * 1024;

/** Fields that are never in an address. */
export const SECRET_FIELDS: ReadonlySet<string> = new Set([
  'password',
  'new_password',
  'new_password_again',
  'csrf',
]);

/**
 * Answers a call of a page by its method; HEAD is GET without the content.
 * @throws {Fault} 405
 */
export async function byMethod(
  call: HttpCall,
  handlers: { readonly GET: Handler; readonly POST?: Handler },
): Promise<HttpReply> {
  switch (call.method) {
    case 'GET':
      return handlers.GET(call);
    case 'HEAD':
      return { ...(await handlers.GET(call)), body: '' };
    case 'POST':
      if (handlers.POST !== undefined) return handlers.POST(call);
  }
  throw Fault.methodNotAllowed(['GET', 'HEAD', ...(handlers.POST === undefined ? [] : ['POST'])]);
}
