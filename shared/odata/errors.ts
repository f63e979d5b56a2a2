import type { HttpReply } from '../http/call.ts';
import type { Surface } from '../http/endpoint.ts';
import { Fault } from '../http/fault.ts';
import { BearerFault } from '../oauth/gate.ts';
import { asksForJson } from './format.ts';
import { escapeXml } from './xml.ts';

/** A refusal that concerns OData itself: an address, a query option, a key, a body. */
export class ODataError extends Fault {
  static badRequest(detail: string): ODataError {
    return new ODataError(400, detail, { reason: 'invalid_odata_request' });
  }

  static notFound(detail = 'Requested entity could not be found.'): ODataError {
    return new ODataError(404, detail, { reason: 'not_found' });
  }

  static unsupportedMediaType(detail: string): ODataError {
    return new ODataError(415, detail, { reason: 'unsupported_media_type' });
  }

  /** A part of OData or of SAP's API that is not there. */
  static notImplemented(detail: string): ODataError {
    return new ODataError(501, detail, { reason: 'not_implemented' });
  }
}

const CODES: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  409: 'Conflict',
  411: 'Length Required',
  413: 'Content Too Large',
  415: 'Unsupported Media Type',
  429: 'Too Many Requests',
  500: 'Internal Server Error',
  501: 'Not Implemented',
  503: 'Service Unavailable',
};

/**
 * Errors in OData V2's envelope, in XML unless JSON was asked for. `code` is the status's name, and
 * for a refused token its reason, such as `expired` or `missing_role`.
 */
export const odataSurface: Surface = {
  toReply(fault, call): HttpReply {
    const code = fault instanceof BearerFault ? fault.reason : (CODES[fault.status] ?? 'Error');
    if (asksForJson(call)) {
      return {
        status: fault.status,
        headers: { 'Content-Type': 'application/json', DataServiceVersion: '1.0' },
        body: JSON.stringify({ error: { code, message: { lang: 'en', value: fault.message } } }),
      };
    }
    return {
      status: fault.status,
      headers: { 'Content-Type': 'application/xml', DataServiceVersion: '1.0' },
      body:
        '<?xml version="1.0" encoding="utf-8"?>' +
        '<error xmlns="http://schemas.microsoft.com/ado/2007/08/dataservices/metadata">' +
        `<code>${escapeXml(code)}</code>` +
        `<message xml:lang="en">${escapeXml(fault.message)}</message></error>`,
    };
  },
};
