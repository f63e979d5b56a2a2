import assert from 'node:assert/strict';
import { createHash, createHmac } from 'node:crypto';
import { suite, test } from 'node:test';
import { parts } from '../../../shared/iflow/script/javascript/parts.ts';
import { process, startEngine } from './engine.ts';

const engine = startEngine();

/** Expressions and what they come to, evaluated together. */
function comeTo(expected: Readonly<Record<string, unknown>>, body = ''): () => Promise<void> {
  return async () => {
    const source = `var out = []; var out2; ${Object.keys(expected)
      .map((expression) => `try { out.push(${expression}); } catch (e) { out.push(String(e)); }`)
      .join('\n')} message.setBody(JSON.stringify(out));`;
    const result = await process(engine, source, { body });
    const values = JSON.parse(String(result.body)) as unknown[];
    const found = Object.keys(expected).map((expression, i) => [expression, values[i]]);
    assert.deepEqual(found, Object.entries(expected));
  };
}

test('every class that is said to be there is there, under its name', async () => {
  const names = parts.flatMap(({ classes }) => classes);
  assert.ok(names.length > 100);
  const source = `message.setBody(JSON.stringify(${JSON.stringify(names)}.map(function (name) {
    return java.lang.Class.forName(name).getName(); })));`;
  const { body } = await process(engine, source);
  assert.deepEqual(JSON.parse(String(body)), names);
});

test(
  'Java’s methods work on JavaScript’s strings',
  comeTo(
    {
      '"abc".length()': 3,
      'message.getBody(java.lang.String).length()': 5,
      'new java.lang.StringBuilder("ab").length()': 2,
      '"abc".length': 3,
      '"a".equals(new java.lang.String("a"))': true,
      '"a".equals(null)': false,
      '"aB".equalsIgnoreCase("Ab")': true,
      '"abc".contains("b")': true,
      '"".isEmpty()': true,
      '"b".compareTo("a")': 1,
      '"abc".compareTo("ab")': 1,
      '"a1b2".replaceAll("[0-9]", "-")': 'a-b-',
      '"2026-01".replaceAll("(\\\\d+)-(\\\\d+)", "$2/$1")': '01/2026',
      '"a.a".replaceAll(/a/g, "b")': 'b.b',
      '"a.b.c".replaceFirst("\\\\.", "-")': 'a-b.c',
      '"aa".replace("a", "b")': 'ba',
      '"a|b|".split("\\\\|").join()': 'a,b',
      '"a,b;c".split("[,;]").join()': 'a,b,c',
      '"a|b".split("|").join()': 'a,b',
      '"a b".split(" ").length': 2,
      '"AB1".matches("[A-Z]+\\\\d")': true,
      '"AB1x".matches("[A-Z]+\\\\d")': false,
      '"é".getBytes("UTF-8").length': 2,
      '"Java".hashCode()': 2301506,
      'String("ab".toCharArray())': 'ab',
      '"ab".toCharArray().join()': '97,98',
      '"x".getClass().getName()': 'java.lang.String',
      'java.lang.String.join("-", ["a", "b"])': 'a-b',
      'java.lang.String.valueOf("ab".toCharArray())': 'ab',
      'String(new java.lang.String([104, 105]))': 'hi',
      'new java.lang.String("héé".getBytes("ISO-8859-1"), 1, 2, "ISO-8859-1") + ""': 'éé',
      'java.lang.String.format("%s|%5d|%-4s|%05.1f|%x|%,d|%%", "a", 42, "b", 2.25, 255, 1234567)':
        'a|   42|b   |002.3|ff|1,234,567|%',
      'java.text.MessageFormat.format("{1} it\'\'s {0}", "a", "b")': "b it's a",
      'new java.text.DecimalFormat("#,##0.00").format(1234.5)': '1,234.50',
      'new java.text.DecimalFormat("0.#%").format(0.125)': '12.5%',
      'new java.text.DecimalFormat("0").format(2.5)': '2',
    },
    'hello',
  ),
);

test(
  'numbers do as in Java',
  comeTo(
    {
      'java.lang.Integer.parseInt("-42")': -42,
      'java.lang.Integer.parseInt("4.2")':
        'java.lang.NumberFormatException: For input string: "4.2"',
      'java.lang.Integer.parseInt("2147483648")':
        'java.lang.NumberFormatException: For input string: "2147483648"',
      'java.lang.Integer.valueOf("7").intValue()': 7,
      'java.lang.Integer.toHexString(-1)': 'ffffffff',
      'new java.lang.Integer(5) + 1': 6,
      'java.lang.Double.parseDouble(" 1.5 ")': 1.5,
      'java.lang.Boolean.parseBoolean("TRUE")': true,
      'java.lang.Long.valueOf("12").equals(12)': true,
      'java.lang.Math.max(1, 2)': 2,
      'java.lang.Character.isDigit("7")': true,
      'java.lang.Character.isLetter(97)': true,
      'new java.math.BigDecimal("0.1").add(new java.math.BigDecimal("0.2")).toString()': '0.3',
      'new java.math.BigDecimal("2.345").setScale(2, java.math.RoundingMode.HALF_UP).toString()':
        '2.35',
      'new java.math.BigDecimal("10").divide(new java.math.BigDecimal("3"), 4, java.math.BigDecimal.ROUND_DOWN).toString()':
        '3.3333',
      'new java.math.BigDecimal("1").divide(new java.math.BigDecimal("3"))':
        'java.lang.ArithmeticException: Non-terminating decimal expansion; no exact representable decimal result.',
      'new java.math.BigDecimal("1.50").equals(new java.math.BigDecimal("1.5"))': false,
      'new java.math.BigDecimal("1.50").compareTo(new java.math.BigDecimal("1.5"))': 0,
      'new java.math.BigDecimal("1E+3").toPlainString()': '1000',
      'new java.math.BigDecimal("100").stripTrailingZeros().toString()': '1E+2',
      'new java.math.BigInteger("123456789012345678901234567890").add(java.math.BigInteger.ONE).toString()':
        '123456789012345678901234567891',
      'message.getBody(java.lang.reflect.Array.newInstance(java.lang.Byte.TYPE, 0).getClass()).length': 1,
    },
    'x',
  ),
);

test(
  'text is built, tokenised and encoded as in Java',
  comeTo({
    'new java.lang.StringBuilder("a").append(1).append("b").insert(0, "x").reverse().toString()':
      'b1ax',
    'new java.lang.StringBuffer().append(true).append(null).toString()': 'truenull',
    'new java.util.StringTokenizer("a b,c", " ,").countTokens()': 3,
    'new java.util.StringJoiner(", ", "[", "]").add("a").add("b").toString()': '[a, b]',
    'java.util.Base64.getEncoder().encodeToString("Grüße?>".getBytes("UTF-8"))': 'R3LDvMOfZT8+',
    'new java.lang.String(java.util.Base64.getUrlDecoder().decode("_-8"), "ISO-8859-1") + ""': 'ÿï',
    'java.util.Base64.getMimeEncoder().encodeToString("x".repeat(60).getBytes()).indexOf("\\r\\n")': 76,
    'java.util.Base64.getDecoder().decode("?")':
      'java.lang.IllegalArgumentException: Illegal base64 character ?',
    'java.net.URLEncoder.encode("a b&ü/", "UTF-8")': 'a+b%26%C3%BC%2F',
    'java.net.URLDecoder.decode("a+b%26%C3%BC", "UTF-8")': 'a b&ü',
    'java.net.URLDecoder.decode("%zz", "UTF-8")':
      'java.lang.IllegalArgumentException: URLDecoder: Illegal hex characters in escape (%) pattern',
    'java.net.URLDecoder.decode("%e4%", "ISO-8859-1")':
      'java.lang.IllegalArgumentException: URLDecoder: Illegal hex characters in escape (%) pattern',
    'java.net.URLDecoder.decode("ü%e4\\n%80+%f0%9F", "ISO-8859-1")': 'üä\n\u0080 ð\u009f',
    'java.net.URLDecoder.decode("%80%fc", "windows-1252")': '€ü',
    'java.net.URLDecoder.decode("", "no-such-set")':
      'java.io.UnsupportedEncodingException: NO-SUCH-SET',
    'java.net.URLEncoder.encode("ü😀\\ud800*", "ISO-8859-1")': '%FC%3F%3F*',
    'new java.lang.String("ü😀".getBytes("UTF-16"), "UTF-16") + ""': 'ü😀',
    'new java.lang.String(Uint8Array.of(0xff, 0xfe, 0x61, 0), "UTF-16") + ""': 'a',
    'javax.xml.bind.DatatypeConverter.printHexBinary("aü".getBytes("US-ASCII"))': '613F',
    'java.security.MessageDigest.isEqual("ab".getBytes(), "ab".getBytes())': true,
    'java.security.MessageDigest.isEqual("ab".getBytes(), "ac".getBytes())': false,
    'new java.lang.String([0xe4, 0x80], "windows-1252") + ""': '\u00e4\u0080',
    'new java.lang.String("\\u00e4\\u0080".getBytes("ISO-8859-1"), "windows-1252") + ""': 'ä€',
    '"a".getBytes("UTF-16LE").length': 2,
    '"a".getBytes("no-such-set")': 'java.io.UnsupportedEncodingException: NO-SUCH-SET',
    'java.nio.charset.StandardCharsets.UTF_8.name()': 'UTF-8',
    'String("é".getBytes(java.nio.charset.StandardCharsets.UTF_8).length)': '2',
    'java.util.UUID.fromString("0-0-0-0-A").toString()': '0-0-0-0-a',
    'java.util.Objects.toString(null, "none")': 'none',
    'java.lang.System.getenv("PATH")': null,
    'new java.util.Random().nextInt(1)': 0,
    'new java.security.SecureRandom().nextDouble() < 1': true,
    'org.slf4j.LoggerFactory.getLogger("x").isDebugEnabled()': false,
  }),
);

test('digests and message authentication codes are those of the host', async () => {
  const { body } = await process(
    engine,
    `function hex(bytes) { return javax.xml.bind.DatatypeConverter.printHexBinary(bytes).toLowerCase(); }
     var mac = javax.crypto.Mac.getInstance("HmacSHA256");
     mac.init(new javax.crypto.spec.SecretKeySpec("key".getBytes(), "HmacSHA256"));
     var digest = java.security.MessageDigest.getInstance("SHA-256"); digest.update("te".getBytes());
     var out = [hex(mac.doFinal("text".getBytes("UTF-8"))), hex(digest.digest("xt".getBytes())),
       hex(java.security.MessageDigest.getInstance("MD5").digest("".getBytes()))];
     try { java.security.MessageDigest.getInstance("MD2"); } catch (e) { out.push(String(e)); }
     message.setBody(out.join());`,
  );
  const sha256 = createHash('sha256').update('text').digest('hex');
  const hmac = createHmac('sha256', 'key').update('text').digest('hex');
  const md5 = createHash('md5').digest('hex');
  const refusal =
    'java.security.NoSuchAlgorithmException: MD2 is not available in Flowgate scripts.';
  assert.equal(body, [hmac, sha256, md5, refusal].join());
});

test('streams and readers give the body bit by bit', async () => {
  const { body } = await process(
    engine,
    `var reader = new java.io.BufferedReader(new java.io.InputStreamReader(message.getBody(java.io.InputStream), "UTF-8"));
     var out = [], line; while ((line = reader.readLine()) != null) out.push(line);
     var scanner = new java.util.Scanner(message.getBody(java.io.InputStream), "UTF-8").useDelimiter("\\\\A");
     out.push(scanner.hasNext() ? scanner.next().length() : 0);
     var stream = message.getBody(java.io.InputStream), bytes = new java.io.ByteArrayOutputStream(), b;
     while ((b = stream.read()) != -1) bytes.write(b);
     out.push(bytes.toString("UTF-8").equals(message.getBody(java.lang.String)));
     var writer = new java.io.StringWriter(); new java.io.PrintWriter(writer).println("x"); out.push(writer.toString().trim());
     message.setBody(new java.io.ByteArrayInputStream(out.join("|").getBytes("UTF-8")));`,
    { body: 'é\r\nb\n\nc' },
  );
  assert.deepEqual(Buffer.from(body as Uint8Array).toString(), 'é|b||c|7|true|x');
});

test('a scanner reads tokens and lines where the other has ended', async () => {
  const { body } = await process(
    engine,
    `var s = new java.util.Scanner("a b\\r\\nrest of it\\n\\n1,,2");
     var out = [s.next(), s.nextLine(), s.nextLine(), s.nextLine()];
     s.useDelimiter(","); while (s.hasNext()) out.push(s.next());
     for (s = new java.util.Scanner("xy").useDelimiter(""); s.hasNext(); ) out.push(s.next());
     try { s.next(); } catch (e) { out.push(e.getClass().getName()); }
     message.setBody(out.join("|"));`,
  );
  assert.equal(body, 'a| b|rest of it||1||2|x|y|java.util.NoSuchElementException');
});

suite('bodies of some megabytes', () => {
  const text = `\ufeff${'Grüße, €!\n'.repeat(400_000)}`;
  const cases: [name: string, script: string, result: string][] = [
    ['are bytes and text', 'new java.lang.String(body.getBytes("UTF-8"), "UTF-8")', text],
    [
      'are Base64',
      'java.util.Base64.getEncoder().encodeToString(body.getBytes("UTF-8"))',
      Buffer.from(text).toString('base64'),
    ],
    [
      'are read from Base64',
      'new java.lang.String(java.util.Base64.getDecoder().decode(java.util.Base64.getEncoder().encode(body.getBytes("UTF-8"))), "UTF-8")',
      text,
    ],
    [
      'are encoded for a URL and decoded',
      '(function () { var b = body.slice(0, 2e6); return java.net.URLDecoder.decode(java.net.URLEncoder.encode(b, "UTF-8"), "UTF-8") === b; })()',
      'true',
    ],
    ['are bytes of ISO-8859-1', 'body.getBytes("ISO-8859-1").length', String(text.length)],
    [
      'are read by a scanner',
      '(function () { var n = 0; for (var s = new java.util.Scanner(body.slice(0, 1e6)); s.hasNextLine(); s.nextLine()) n++; return n; })()',
      '100000',
    ],
  ];
  for (const [name, script, result] of cases) {
    test(name, async () => {
      const source = `var body = message.getBody(java.lang.String); message.setBody(${script});`;
      const given = { body: text, timeoutMs: 20_000 };
      assert.ok((await process(engine, source, given)).body === result);
    });
  }
});

suite('Java’s regular expressions', () => {
  test(
    'are found, replaced and split by',
    comeTo({
      '(function () { var m = java.util.regex.Pattern.compile("(?<k>\\\\w)=(\\\\d)").matcher("a=1;b=2"), r = []; while (m.find()) r.push(m.group("k") + m.group(2) + m.start()); return r.join(); })()':
        'a10,b24',
      'java.util.regex.Pattern.compile("A", java.util.regex.Pattern.CASE_INSENSITIVE).matcher("xax").find()': true,
      'java.util.regex.Pattern.matches("\\\\p{Alpha}+", "abc")': true,
      '"A1".matches("(?i)a\\\\d")': true,
      '"a.b".replaceAll(java.util.regex.Pattern.quote("."), java.util.regex.Matcher.quoteReplacement("$"))':
        'a$b',
      'java.util.regex.Pattern.compile(",").split("a,b,,").length': 2,
      '(function () { var m = java.util.regex.Pattern.compile("b").matcher("abc"), s = new java.lang.StringBuffer(); m.find(); m.appendReplacement(s, "-"); m.appendTail(s); return s.toString(); })()':
        'a-c',
      '"x\\ny".matches("\\\\Ax.y\\\\z")': false,
    }),
  );
  test(
    'that JavaScript has not are refused by name',
    comeTo({
      '"a".matches("a++")':
        'java.util.regex.PatternSyntaxException: The possessive quantifier ++ in a++',
      '"a".matches("[a[b]]")':
        'java.util.regex.PatternSyntaxException: A class in a class in [a[b]]',
      '"a".matches("(?x)a")':
        'java.util.regex.PatternSyntaxException: The flag x is not available in (?x)a',
    }),
  );
  test('that cannot be are an error', async () => {
    const { body } = await process(
      engine,
      'try { "a".matches("("); } catch (e) { message.setBody(e.getClass().getName()); }',
    );
    assert.equal(body, 'java.util.regex.PatternSyntaxException');
  });
});

test('a sleep takes the time of the script', async () => {
  const started = performance.now();
  await process(engine, 'java.lang.Thread.sleep(60);');
  assert.ok(performance.now() - started >= 55);
  await assert.rejects(process(engine, 'java.lang.Thread.sleep(5000);', { timeoutMs: 80 }), {
    reason: 'timeout',
  });
});

for (const [what, source] of [
  ['a form of spaces', 'java.net.URLDecoder.decode("+".repeat(12e6), "UTF-8").length === 12e6'],
  ['a form of bytes', 'java.net.URLDecoder.decode("%41".repeat(5e6), "UTF-8").length === 5e6'],
  [
    'text that is not ASCII',
    'new java.lang.String("é".repeat(9e6)).getBytes("US-ASCII").length === 9e6',
  ],
  [
    'bytes that are not ASCII',
    'new java.lang.String(new Uint8Array(8e6).fill(255), "US-ASCII").length === 8e6',
  ],
] as const) {
  test(`${what}, millions of them, neither holds up a worker nor fills its heap`, async () => {
    const result = await process(engine, `message.setHeader("same", ${source});`);
    assert.deepEqual(result.headers, [['same', true]]);
  });
}
