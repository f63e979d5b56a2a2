import { moduleName } from './compile-error.ts';

/** What a guest tells of a transformation that has failed. */
export type TransformFailure =
  | { readonly kind: 'recursion' | 'size' | 'changes' | 'result' | 'processor' }
  | {
      /** `xsl:message` that ends the transformation, or any other error. */
      readonly kind: 'message' | 'error';
      readonly code: string;
      /** 0 where it is not known. */
      readonly line: number;
      readonly module: string;
      /**
       * What the stylesheet's author has written; '' for an error that is not the author's own, but
       * for a parameter that has no value: its name.
       */
      readonly text: string;
    };

/** By error codes of XPath and XSLT. */
const CAUSES: Readonly<Record<string, string>> = {
  FOAR0001: 'a division by zero',
  FOAR0002: 'a number that is too large',
  FOCA0002: 'a value that cannot be converted to the type that is asked for',
  FOCH0002: 'a collation that is not known',
  FODC0006: 'a text that cannot be read as XML without a document type declaration',
  FODT0001: 'a date or time that is out of range',
  FOJS0001: 'a text that cannot be read as JSON',
  FORG0001: 'a value that cannot be converted to the type that is asked for',
  FORG0003: 'a sequence of more than one item',
  FORG0004: 'a sequence without items',
  FORG0005: 'a sequence of more or fewer items than one',
  FORG0006: 'a value of a type that the function does not take',
  FORX0002: 'a regular expression that is not valid',
  FOTY0013: 'a map or function where a value is needed',
  XPTY0004: 'a value of the wrong type, or more or fewer values than are taken',
  XPDY0002: 'no context item where one is needed',
  XPDY0050: 'a value of the wrong type',
  XTDE0410: 'an attribute after the content of its element',
  XTDE0420: 'an attribute outside of an element',
  XTDE0450: 'a map or function in the content of an element',
  XTDE0540: 'two templates for one node',
  XTDE0820: 'an element name that is not valid',
  XTDE0850: 'an attribute name that is not valid',
  XTDE1480: 'something that only the compiler may do',
  XTTE0570: 'a variable whose value is of another type than it declares',
  XTTE0590: 'a parameter whose value is of another type than it declares',
  XTTE0780: 'a function whose result is of another type than it declares',
};

/** The failure as the message processing log has it: no word of it is the processor's. */
export function failureText(
  failure: TransformFailure,
  stylesheet: string,
): { readonly reason: string; readonly message: string } {
  const subject = `The stylesheet ${stylesheet}`;
  switch (failure.kind) {
    case 'recursion':
      return { reason: 'xslt_recursion', message: `${subject} calls itself too deep.` };
    case 'size':
      return { reason: 'xslt_size', message: `${subject} makes a text or list that is too large.` };
    case 'changes':
      return {
        reason: 'xslt_result',
        message: `${subject} sets headers and properties of too many characters.`,
      };
    case 'result':
      return { reason: 'xslt_result', message: `${subject} makes a result that is too large.` };
    case 'processor':
      return {
        reason: 'xslt_error',
        message: `${subject} has met an error of the XSLT processor.`,
      };
    case 'message':
      return {
        reason: 'xslt_message',
        message: `${subject} has ended the transformation${where(failure, stylesheet)}: ${failure.text}`,
      };
    case 'error':
      return { reason: 'xslt_error', message: `${subject} ${errorText(failure, stylesheet)}` };
  }
}

type AtPlace = Extract<TransformFailure, { readonly kind: 'error' | 'message' }>;

function errorText(failure: AtPlace, stylesheet: string): string {
  const { code, text } = failure;
  const at = where(failure, stylesheet);
  if (code === 'XTDE0050') {
    return `needs a header or property ${JSON.stringify(text)}, which the message does not have.`;
  }
  if (text !== '') return `has reported an error${at}: ${text}`;
  const cause = Object.hasOwn(CAUSES, code) ? `, ${CAUSES[code] ?? ''}` : '';
  return `has met an error${at}: ${code === '' ? 'of its own' : code}${cause}.`;
}

function where({ line, module }: AtPlace, stylesheet: string): string {
  // The line is that of an instruction around it.
  if (line === 0) return '';
  const name = moduleName(module);
  return name === '' || name === stylesheet
    ? ` near line ${line}`
    : ` near line ${line} of ${name}`;
}
