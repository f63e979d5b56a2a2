import { addFunction, error, XmlErrorStruct } from 'libxml2-wasm/lib/libxml2.mjs';

declare module 'libxml2-wasm/lib/libxml2.mjs' {
  /** Makes a callback of libxml2; the package's types leave it out. */
  export function addFunction(
    call: (index: number, found: number) => void,
    signature: string,
  ): number;
}

/**
 * Does what libxml2 finds faults in, and keeps the first of them only. The package's own collector looks
 * up the path of each, past all siblings before it, so that many faults take quadratic time.
 */
export function withFewFindings<T>(work: () => T): T {
  const collectsAll = error.errorCollector;
  error.errorCollector = collectsFew;
  try {
    return work();
  } finally {
    error.errorCollector = collectsAll;
  }
}

/** Of one document. */
const MAX_FINDINGS = 20;

const collectsFew = addFunction((index, found) => {
  const kept = error.storage.get(index);
  if (kept.length >= MAX_FINDINGS) return;
  kept.push({
    message: XmlErrorStruct.message(found),
    level: XmlErrorStruct.level(found),
    line: XmlErrorStruct.line(found),
    col: XmlErrorStruct.col(found),
  });
}, 'vii');
