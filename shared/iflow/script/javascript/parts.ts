import { attachments } from './parts/attachments.ts';
import { collections } from './parts/collections.ts';
import { dates } from './parts/dates.ts';
import { decimals } from './parts/decimals.ts';
import { encoding } from './parts/encoding.ts';
import { exceptions } from './parts/exceptions.ts';
import { formats } from './parts/formats.ts';
import { CORE_NAMES, guestSource } from './guest-run.ts';
import { numbers } from './parts/numbers.ts';
import { regexes } from './parts/regex.ts';
import { services } from './parts/services.ts';
import { streams } from './parts/streams.ts';
import { text } from './parts/text.ts';

/** Java classes that are loaded into the guest together, when a script first wants one of them. */
export interface Part {
  readonly name: string;
  /** A function of the guest's `core`, as a script of its own. */
  readonly source: string;
  /** Full names of the classes that it defines. */
  readonly classes: readonly string[];
}

const bodies: Readonly<Record<string, string>> = {
  attachments,
  collections,
  dates,
  decimals,
  encoding,
  exceptions,
  formats,
  numbers,
  regexes,
  services,
  streams,
  text,
};

export const parts: readonly Part[] = Object.entries(bodies).map(([name, body]) => ({
  name,
  source: `'use strict';\n(function ({ ${CORE_NAMES} }) {\n${body}\n})`,
  classes: classesIn(body),
}));

const partsByClass = new Map(parts.flatMap((part) => part.classes.map((name) => [name, part])));
const coreClasses = new Set(classesIn(guestSource));

export function partOf(className: string): Part | undefined {
  return partsByClass.get(className);
}

/** Whether scripts have a Java class of that name. */
export function isAvailable(className: string): boolean {
  return coreClasses.has(className) || partsByClass.has(className);
}

/** What JavaScript has under the same name: a script that says `Date` does not mean java.util.Date. */
const JAVASCRIPT = /\.(?:Array|Boolean|Date|Error|Iterator|Map|Math|Number|Object|Set)$/;
/** Words that want a class without naming it. */
const WORDS: Readonly<Record<string, string>> = {
  CamelExceptionCaught: 'java.lang.Throwable',
  attachments: 'com.sap.gateway.ip.core.customdev.util.AttachmentWrapper',
  getAttachments: 'com.sap.gateway.ip.core.customdev.util.AttachmentWrapper',
  addAttachmentObject: 'com.sap.gateway.ip.core.customdev.util.AttachmentWrapper',
  replaceAll: 'java.util.regex.Pattern',
  replaceFirst: 'java.util.regex.Pattern',
  matches: 'java.util.regex.Pattern',
};

/**
 * Classes whose parts a script will probably want: a part that is loaded with the script costs its
 * runs less than one that is loaded by them.
 */
export function classesNamedIn(source: string): string[] {
  const words = new Set(source.match(/[A-Za-z_$][\w$]*/g));
  const named = parts.flatMap(({ classes }) => {
    const wanted = classes.find((name) =>
      JAVASCRIPT.test(name)
        ? source.includes(name)
        : words.has(name.slice(name.lastIndexOf('.') + 1)),
    );
    return wanted === undefined ? [] : [wanted];
  });
  const meant = Object.entries(WORDS).flatMap(([word, name]) => (words.has(word) ? [name] : []));
  return [...named, ...meant];
}

/** Names stand in the source where the class is defined. */
function classesIn(source: string): string[] {
  const defined = [...source.matchAll(/\b(?:define|kind|caughtAs)\('([\w.]+)'/g)];
  const listed = [...source.matchAll(/\bkinds\(([^)]*)\)/g)].flatMap(([, list = '']) => [
    ...list.matchAll(/'([\w.]+)'/g),
  ]);
  return [...defined, ...listed].map(([, name = '']) => name);
}
