const FN = 'http://www.w3.org/2005/xpath-functions';
const SAXON = 'http://saxon.sf.net/';

/**
 * Functions of XPath and XSLT that a stylesheet may call. Those that read files, the network or the
 * environment, or that make code of text, are not among them: `doc`, `document`, `collection`,
 * `unparsed-text`, `json-doc`, `environment-variable`, `transform`, `function-lookup` and their like.
 */
const ALLOWED_FUNCTIONS: ReadonlySet<string> = new Set(
  `abs accumulator-after accumulator-before adjust-date-to-timezone adjust-dateTime-to-timezone
  adjust-time-to-timezone analyze-string apply available-system-properties avg base-uri boolean
  ceiling codepoint-equal codepoints-to-string collation-key compare concat contains contains-token
  copy-of count current current-date current-dateTime current-group current-grouping-key
  current-merge-group current-merge-key current-output-uri current-time data dateTime day-from-date
  day-from-dateTime days-from-duration deep-equal default-collation default-language
  distinct-values document-uri element-available element-with-id empty encode-for-uri ends-with
  error escape-html-uri exactly-one exists false filter floor fold-left fold-right for-each
  for-each-pair format-date format-dateTime format-integer format-number format-time function-arity
  function-available function-name generate-id has-children head hours-from-dateTime
  hours-from-duration hours-from-time id idref implicit-timezone in-scope-prefixes index-of
  innermost insert-before iri-to-uri json-to-xml key lang last local-name local-name-from-QName
  lower-case matches max min minutes-from-dateTime minutes-from-duration minutes-from-time
  month-from-date month-from-dateTime months-from-duration name namespace-uri
  namespace-uri-for-prefix namespace-uri-from-QName nilled node-name normalize-space
  normalize-unicode not number one-or-more outermost parse-ietf-date parse-json parse-xml
  parse-xml-fragment path position prefix-from-QName QName random-number-generator regex-group
  remove replace resolve-QName resolve-uri reverse root round round-half-to-even
  seconds-from-dateTime seconds-from-duration seconds-from-time serialize snapshot sort starts-with
  static-base-uri string string-join string-length string-to-codepoints subsequence substring
  substring-after substring-before sum system-property tail timezone-from-date
  timezone-from-dateTime timezone-from-time tokenize trace translate true type-available unordered
  unparsed-entity-public-id unparsed-entity-uri upper-case xml-to-json year-from-date
  year-from-dateTime years-from-duration zero-or-one`.split(/\s+/),
);

/** Namespaces of functions that work on their arguments alone. */
const ALLOWED_NAMESPACES: ReadonlySet<string> = new Set([
  `${FN}/array`,
  `${FN}/map`,
  `${FN}/math`,
  'http://www.w3.org/2001/XMLSchema',
]);

/** Of the processor: the call of a function item, and what `xsl:catch` can ask for. */
const PROCESSOR_FUNCTIONS: ReadonlySet<string> = new Set(['apply', 'dynamic-error-info']);

/** A name as the processor writes it: `Q{uri}local`, or `local` alone for a function of XPath. */
export function splitName(name: string): { readonly uri: string; readonly local: string } {
  const [, uri = FN, local = name] = /^Q\{([^}]*)\}(.*)$/s.exec(name) ?? [];
  return { uri, local };
}

/** Whether a stylesheet may call a function that is built in. */
export function mayCall(name: string): boolean {
  const { uri, local } = splitName(name);
  if (uri === FN) return ALLOWED_FUNCTIONS.has(local);
  return ALLOWED_NAMESPACES.has(uri) || (uri === SAXON && PROCESSOR_FUNCTIONS.has(local));
}

/** Whether it may refer to a function, built in or its own: `name#1`. */
export function mayReferTo(name: string): boolean {
  const { uri } = splitName(name);
  const itsOwn = uri !== FN && uri !== SAXON && !uri.startsWith('http://saxonica.com/');
  return itsOwn || mayCall(name);
}
