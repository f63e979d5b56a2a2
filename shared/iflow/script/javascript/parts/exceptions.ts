/** Java's exceptions, and what an exception subprocess finds in `CamelExceptionCaught`, as guest source. */
export const exceptions = String.raw`
class Throwable extends Error {
  #cause;
  /** (), (message), (message, cause), (cause) */
  constructor(message, cause) {
    super(message === undefined || message === null ? '' : String(message));
    const alone = cause === undefined && message instanceof Error;
    this.#cause = (alone ? message : cause) ?? null;
    if (message === null || message === undefined) hide(this, { message: null });
  }
  getMessage() { return this.message; }
  getLocalizedMessage() { return this.getMessage(); }
  getCause() { return this.#cause; }
  initCause(cause) { this.#cause = cause; return this; }
  getStackTrace() { return []; }
  printStackTrace() {}
  /** As Rhino gives a Java exception to catch. */
  get javaException() { return this; }
  get name() { return this.getClass().getName(); }
  toString() { return this.message === null || this.message === '' ? this.name : this.name + ': ' + this.message; }
  /** As the value of a header or property. */
  value_() { return this.toString(); }
}
define('java.lang.Throwable', Throwable);
define('java.lang.Exception', class extends Throwable {});
define('java.lang.Error', class extends Throwable {});
define('java.lang.RuntimeException', class extends find('java.lang.Exception') {});
const kinds = (parent, ...names) => {
  for (const name of names) define(name, class extends find(parent) {});
};
kinds('java.lang.Error', 'java.lang.AssertionError');
kinds('java.lang.RuntimeException', 'java.lang.IllegalArgumentException', 'java.lang.IllegalStateException',
  'java.lang.NullPointerException', 'java.lang.IndexOutOfBoundsException', 'java.lang.UnsupportedOperationException',
  'java.lang.ClassCastException', 'java.lang.ArithmeticException', 'java.lang.SecurityException',
  'java.util.NoSuchElementException', 'java.util.ConcurrentModificationException', 'java.io.UncheckedIOException');
kinds('java.lang.IllegalArgumentException', 'java.lang.NumberFormatException', 'java.util.regex.PatternSyntaxException',
  'java.util.IllegalFormatException');
kinds('java.lang.IndexOutOfBoundsException', 'java.lang.ArrayIndexOutOfBoundsException', 'java.lang.StringIndexOutOfBoundsException');
kinds('java.lang.Exception', 'java.lang.InterruptedException', 'java.lang.ClassNotFoundException', 'java.io.IOException',
  'java.text.ParseException', 'java.net.URISyntaxException', 'java.security.GeneralSecurityException',
  'java.util.concurrent.TimeoutException', 'javax.script.ScriptException',
  'com.sap.it.api.exception.InvalidContextException', 'com.sap.it.api.securestore.exception.SecureStoreException',
  'com.sap.it.api.keystore.exception.KeystoreException', 'com.sap.it.api.nrc.exception.NumberRangeConfigException',
  'com.sap.it.api.mapping.exception.MappingException', 'com.sap.it.api.pd.exception.PartnerDirectoryException');
kinds('java.io.IOException', 'java.io.FileNotFoundException', 'java.io.UnsupportedEncodingException');
kinds('java.security.GeneralSecurityException', 'java.security.NoSuchAlgorithmException', 'java.security.InvalidKeyException');
kinds('com.sap.it.api.securestore.exception.SecureStoreException', 'com.sap.it.api.securestore.exception.CredentialNotFoundException');

/** What a step has failed with, under the name of its Java class; kept as it was found. */
class CaughtException extends find('java.lang.Exception') {
  #found;
  constructor(found) {
    super(found.message);
    this.#found = found;
  }
  getClass() { return new Class(String(this.#found.class)); }
  /** What a receiver has answered; null where the step has failed for another reason. */
  getStatusCode() { return this.#found.statusCode ?? null; }
  getStatusText() { return this.#found.statusText ?? null; }
  getResponseBody() { return this.#found.responseBody ?? null; }
  value_() { return this.#found; }
}
addProperties(CaughtException.prototype);
const caughtAs = (name) => define(name, class extends Throwable {
  static [Symbol.hasInstance](value) { return value instanceof CaughtException && value.getClass().getName() === name; }
});
caughtAs('org.apache.camel.CamelExecutionException');
caughtAs('org.apache.camel.component.ahc.AhcOperationFailedException');
hide(Throwable, { caught_: (found) => (typeof found.class === 'string' ? new CaughtException(found) : found) });
`;
