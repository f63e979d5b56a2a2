import { ODataError } from './errors.ts';
import { keyValues } from './path.ts';
import type { ODataRequest } from './request.ts';

/** `(Id='x',Version='y')` of a design-time artifact. @throws {ODataError} 400 */
export function keyOf(request: ODataRequest): [id: string, version: string] {
  const [id = '', version = ''] = keyValues(request.segments[0], ['Id', 'Version']);
  return [id, version];
}

/** The Id, of what changes the active version. @throws {ODataError} 400 for another version. */
export function activeOf(request: ODataRequest): string {
  const [id, version] = keyOf(request);
  if (version.toLowerCase() === 'active') return id;
  throw ODataError.badRequest("Only the version 'active' can be changed.");
}
