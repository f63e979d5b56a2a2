import type { CorsSettings } from './flow.ts';
import type { Properties } from './model/flow-model.ts';

const MAX_ENTRIES = 100;
const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'];
/** Browsers cap it at 2 hours (Chromium) or a day (Firefox). */
const MAX_AGE = 86_400;
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,200}$/;

/** Compiles the CORS keys of the runtime configuration (SAP Help, Enabling CORS). */
export function compileCors(settings: Properties, fault: (sentence: string) => void): CorsSettings {
  const entries = (key: string): string[] => {
    const found = (settings.get(key) ?? '').split(/[\s,;|]+/).filter((entry) => entry !== '');
    if (found.length <= MAX_ENTRIES) return found;
    fault(`The CORS setting ${key} has more than ${MAX_ENTRIES} entries.`);
    return [];
  };
  const checked = (key: string, what: string, isGood: (entry: string) => boolean): string[] => {
    const found = entries(key);
    for (const entry of found.filter((one) => !isGood(one))) {
      fault(`${JSON.stringify(entry.slice(0, 100))} in the CORS setting ${key} is no ${what}.`);
    }
    return found;
  };
  const origins = checked('allowedOrigins', 'origin such as https://app.example.com', isOrigin);
  if (origins.length === 0) {
    fault('CORS is enabled and no origin is allowed: name the origins of the pages that call.');
  }
  const allowCredentials = settings.get('accessControlAllowCredentials') === 'true';
  if (allowCredentials && origins.includes('*')) {
    fault('CORS allows credentials for the origin *, which no browser takes: name the origins.');
  }
  const methods = checked('allowedMethods', 'method that can be called', (entry) =>
    METHODS.includes(entry.toUpperCase()),
  ).map((method) => method.toUpperCase());
  return {
    origins,
    methods: methods.length === 0 ? METHODS : methods,
    headers: checked('allowedHeaders', 'header name', isHeaderName),
    exposedHeaders: checked('exposedHeaders', 'header name', isHeaderName),
    maxAge: readMaxAge((settings.get('accessControlMaxAge') ?? '').trim(), fault),
    allowCredentials,
  };
}

const isOrigin = (entry: string): boolean =>
  entry === '*' ||
  (/^https?:/.test(entry) && URL.canParse(entry) && new URL(entry).origin === entry);

const isHeaderName = (entry: string): boolean => TOKEN.test(entry);

function readMaxAge(text: string, fault: (sentence: string) => void): number {
  if (text === '') return 0;
  if (/^\d{1,9}$/.test(text)) return Math.min(Number(text), MAX_AGE);
  fault(
    `The CORS setting accessControlMaxAge is ${JSON.stringify(text.slice(0, 100))}; it is a number of seconds.`,
  );
  return 0;
}
