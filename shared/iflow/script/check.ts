import type { ScriptFlaws } from './flaws.ts';
import { checkJavaScript } from './javascript/check.ts';

/** Looks at a script when it is deployed. */
export function checkScript(
  language: 'JavaScript',
  fileName: string,
  source: string,
  functionName: string,
): ScriptFlaws {
  const check = { JavaScript: checkJavaScript }[language];
  return check(fileName, source, functionName);
}
